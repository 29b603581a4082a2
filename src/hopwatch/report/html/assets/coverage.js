// Coverage: of each host, which legs could be seen; from what a coverage report says, or from what the hops know.

const SIGHTS = { seen: ["✔", "seen"], partial: ["◐", "collected without what a detection leans on"], unproven: ["·", "log there, no such event yet"], blind: ["✘", "blind: not collected"] };
const MOST_HOSTS = 400;

function coverageView(root) {
  document.title = "Coverage · hopwatch";
  const given = block("coverage");
  if (!given) return void waitFor(root, () => coverageView(root));
  const hosts = given.hosts || [], more = Math.max(0, hosts.length - MOST_HOSTS) + (given.more || 0);
  empty(root, el("h1", {}, "Coverage"), given.from_hops ? ofHops(hosts) : ofLogs(given, hosts),
    more ? el("p", { class: "muted" }, "and " + count(more, "more host") + ".") : null, unreadPart(),
    kinds("Kept, by shape", META.summary.formats), kinds("Read, and of no use to a detection", META.summary.unused));
  return undefined;
}

function unreadPart() {
  const unread = META.summary.skipped, read = META.summary.files;
  if (!unread.length) return [el("h2", {}, "Not read"), el("p", {}, read ? "Everything that was found could be read." : "Nothing was found to read.")];
  return [el("h2", {}, "Not read"), el("ul", {}, unread.slice(0, 100).map((one) => el("li", {}, el("code", {}, short(one.file, 200)), ": ", short(one.reason, 300), " (" + number(one.count) + ")"))),
    unread.length > 100 ? el("p", { class: "muted" }, "and " + number(unread.length - 100) + " more") : null];
}

function framed(heads, rows) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Coverage by host" }, el("table", { class: "grid" },
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows)));
}

function ofHops(hosts) {
  return [el("p", { class: "lead" }, "What the hops know of what was collected. A host that appears in no hop is not listed: that says nothing of its logs."),
    hosts.length ? framed(["Host", ...LEGS.map((leg) => WORDS.leg[leg]), "Logs that told of hops"], hosts.slice(0, MOST_HOSTS).map((row) =>
      el("tr", {}, el("th", { scope: "row" }, short(row.host, 80)), LEGS.map((leg) => el("td", {}, legCounts(row[leg]))),
        el("td", { class: "muted" }, (row.logs || []).map((one) => short(one, 60).replace(/^Microsoft-Windows-/, "").replace(/\/Operational$/, "")).join(", ")))))
      : el("p", { class: "empty" }, META.summary.files ? "No hop is in the page, so no hop can tell what was collected." : "Nothing was read.")];
}

function legCounts(value) {
  const parts = Object.keys(MARKS).filter((state) => value && value[state]);
  return parts.length ? parts.map((state) => el("span", { class: "leg " + state }, MARKS[state] + " " + number(value[state]) + " " + state.replace("_", " ")))
    : el("span", { class: "muted" }, "no hop to it");
}

function ofLogs(given, hosts) {
  const spots = given.blind || [], names = [...new Set(hosts.flatMap((one) => (one.techniques || []).map((seen) => seen.technique)))];
  return [el("p", { class: "lead" }, "What the logs could have shown: of each host and technique the legs logon, execution and network."),
    el("ul", { class: "legend" }, Object.entries(SIGHTS).map(([name, [mark, said]]) => el("li", {}, el("span", { class: "sight " + name }, mark), " " + said))),
    hosts.length ? framed(["Host", ...names.map(technique), "Notes"], hosts.slice(0, MOST_HOSTS).map((one) => logRow(one, names))) : el("p", { class: "empty" }, "No host logged anything here."),
    spots.length ? [el("h2", {}, "What is blind"), el("ul", {}, spots.slice(0, 60).map((one) => el("li", {}, long(one.text)))), spots.length > 60 ? el("p", { class: "muted" }, "and " + number(spots.length - 60) + " more") : null] : null,
    (given.subnets || []).length ? [el("h2", {}, "Networks"), el("ul", {}, given.subnets.slice(0, 60).map((one) => el("li", {}, el("code", {}, short(one.network, 60)), ": " + number(one.seen) + " of " + count(one.addresses, "known address", "known addresses") + " seen by " + (listed(Object.keys(one.sensors || {}).map((name) => short(name, 40)), 6) || "no sensor"))))] : null];
}

function logRow(one, names) {
  const byName = new Map((one.techniques || []).map((seen) => [seen.technique, seen.legs]));
  const notes = [one.silent, ...(one.audit || []), one.offset ? "its clock is off by " + one.offset + " s" : null, (one.gaps || []).length ? count(one.gaps.length, "gap") + " in its logs" : null].filter(Boolean);
  return el("tr", {}, el("th", { scope: "row" }, short(one.host, 80), el("div", { class: "muted" }, count(one.events || 0, "event"))),
    names.map((name) => el("td", { class: "sights" }, LEGS.map((leg) => sight(leg, byName.get(name)?.[leg])))), el("td", { class: "muted" }, short(notes.join("; "), 300)));
}

function sight(leg, given) {
  if (!given) return null;
  const [mark, said] = own(SIGHTS, given.sight) || ["?", short(given.sight, 40)];
  const text = [WORDS.leg[leg] + ": " + said, given.why, (given.missing || []).length ? "would take " + given.missing.slice(0, 6).join(", ") : null].filter(Boolean).join("; ");
  return el("span", { class: "sight " + (own(SIGHTS, given.sight) ? given.sight : ""), role: "img", "aria-label": short(text, 300), title: short(text, 300) }, leg[0].toUpperCase(), mark);
}

function kinds(title, counts) {
  const rows = Object.entries(counts || {}).sort((a, b) => b[1] - a[1]).slice(0, 40);
  return rows.length ? [el("h2", {}, title), el("ul", { class: "counts" }, rows.map(([name, n]) => el("li", {}, el("b", {}, number(n)), " ", short(name, 120))))] : null;
}
