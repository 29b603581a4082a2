// How the page writes hosts, times, accounts, techniques and severities.

function block(name) {
  const found = document.getElementById(name);
  return found ? JSON.parse(found.textContent) : null;
}

const META = block("meta");
const WORDS = META.words;
const SEVERITIES = META.severities;
const LEGS = META.legs;
const MARKS = { seen: "✔", absent: "✘", not_collected: "?" };
const STATE = { s: "seen", a: "absent", n: "not_collected" };

function technique(name) {
  return own(WORDS.techniques, name) || short(name, 40);
}

function isAddress(host) {
  return /^[\d.]+$/.test(host) || host.includes(":");
}

function shortHost(host) {
  return isAddress(host) ? host : host.split(".")[0] || host;
}

function who(account, domain) {
  if (!account) return "an unknown account";
  return (domain ? domain + "\\" : "") + account;
}

function time(ms, withDay = true) {
  const text = new Date(ms).toISOString();
  return withDay ? text.slice(0, 10) + " " + text.slice(11, 19) : text.slice(11, 19);
}

function span(start, end) {
  const sameDay = time(start).slice(0, 10) === time(end).slice(0, 10);
  if (end - start < 1000) return time(start) + " UTC";
  return time(start) + " to " + time(end, !sameDay) + " UTC";
}

// A time of day; with the day where the whole that it stands in has several.
function clock(ms, from, to) {
  return time(from).slice(0, 10) === time(to).slice(0, 10) ? time(ms, false) : time(ms).slice(5, 16);
}

function lasting(ms) {
  const units = [[86400000, "d"], [3600000, "h"], [60000, "min"], [1000, "s"]];
  for (const [size, unit] of units) if (ms >= size) return Math.round(ms / size * (ms < 10 * size ? 10 : 1)) / (ms < 10 * size ? 10 : 1) + " " + unit;
  return "under 1 s";
}

function roles(list) {
  return list.map((role) => short(role, 40).replaceAll("_", " ")).join(", ");
}

function listed(words, most = 5) {
  const kept = words.length > most ? [...words.slice(0, most - 1), number(words.length - most + 1) + " more"] : words;
  return kept.length < 2 ? kept.join("") : kept.slice(0, -1).join(", ") + " and " + kept[kept.length - 1];
}

function badge(rank, score, alert = true) {
  const name = SEVERITIES[rank];
  const inner = score === null || score === undefined ? name : [name + " ", el("b", {}, score)];
  return el("span", { class: "badge s-" + name + (alert ? "" : " hollow") }, inner);
}

function legMarks(letters) {
  const said = LEGS.map((leg, i) => WORDS.leg[leg] + " " + WORDS.state[STATE[letters[i]]]).join(", ");
  return el("span", { class: "legs", role: "img", "aria-label": said, title: said },
    LEGS.map((leg, i) => el("span", { class: "leg " + STATE[letters[i]] }, leg[0].toUpperCase() + MARKS[STATE[letters[i]]])));
}

function hopSentence(hop) {
  return [el("strong", {}, hop.from.label), " → ", el("strong", {}, hop.to.label), " by ", technique(hop.technique),
    " as ", el("span", { class: "who" }, short(who(hop.account, hop.domain), 60))];
}
