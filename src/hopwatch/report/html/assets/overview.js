// The first view: the verdict, the gravest path or hop, the alerts, and the summary in plain words.

const MOST_ALERTS = 12;

function overviewView(root) {
  document.title = "hopwatch report";
  const said = META.said, alerts = HOPS.filter((hop) => hop.alert), path = PATHS.find((one) => one.alert);
  const others = PATHS.filter((one) => one.alert).slice(1), rest = alerts.filter((hop) => !PATH_OF.get(hop.id)?.alert);
  empty(root, el("div", { class: "hero" + (alerts.length ? "" : " calm") }, el("h1", {}, said.headline), el("p", { class: "lead" }, said.read[0] || ""), tally(alerts)),
    path ? el("div", { class: "first" }, el("h2", { class: "over" }, "The gravest path"), pathCard(path, "h3")) : alerts.length ? el("div", { class: "first" }, el("h2", { class: "over" }, "The gravest hop"), gravestHop(alerts[0])) : nothingFound(),
    others.length ? otherPaths(others) : null,
    rest.length ? alertList(path ? rest : rest.slice(1), path) : null,
    el("h2", { class: "over" }, "In plain words"), el("div", { class: "words" },
      part("What was read", said.read), part("What was found", said.found), part("What could not be seen", said.unseen), part("How sure this is", said.sure)));
}

function part(title, sentences) {
  return el("section", { class: "card" }, el("h3", {}, title), sentences.length ? el("ul", { class: "plain" }, sentences.map((one) => el("li", {}, long(one)))) : el("p", { class: "muted" }, "Nothing to say."));
}

function tally(alerts) {
  const counts = SEVERITIES.map((name, i) => [name, alerts.filter((hop) => hop.severity === i).length]).reverse().filter(([, n]) => n);
  return el("ul", { class: "tally" }, counts.map(([name, n]) => el("li", {}, el("a", { href: "#table", class: "s-" + name }, el("b", {}, number(n)), " " + name))));
}

function otherPaths(paths) {
  return el("div", {}, el("h2", { class: "over" }, "Other paths"), el("div", { class: "alerts" }, paths.slice(0, MOST_ALERTS).map((path) =>
    el("section", { class: "card alert" }, el("h3", {}, badge(SEVERITIES.indexOf(path.severity), path.score), " ", el("a", { href: "#path/" + encodeURIComponent(path.path) }, el("strong", {}, pathTitle(path)))),
      el("p", { class: "muted" }, span(Date.parse(path.start), Date.parse(path.end)) + ", " + count(path.hops.length, "hop") + " as " + listed(path.accounts.map((one) => short(one, 40)), 4))))),
    paths.length > MOST_ALERTS ? el("p", {}, el("a", { href: "#paths" }, "All " + number(paths.length + 1) + " paths")) : null);
}

function alertList(alerts, path) {
  if (!alerts.length) return null;
  const groups = new Map();
  for (const hop of alerts) push(groups, hop.group, hop);
  const cards = [...groups.values()].slice(0, MOST_ALERTS).map((members) => alertCard(members[0], members));
  return el("div", {}, el("h2", { class: "over" }, path ? "Alerts outside paths" : "Further alerts"), el("div", { class: "alerts" }, cards),
    groups.size > MOST_ALERTS ? el("p", {}, el("a", { href: "#table" }, "All " + count(alerts.length, "alert") + " in the table")) : null);
}

// The picture, and the strongest reasons as soon as the browser has read that part of the file.
function gravestHop(hop) {
  const reasons = el("ul", { class: "reasons bare" });
  const tell = () => add(reasons, (details(hop)?.reasons || []).filter((one) => one.points > 0).slice(0, 4).map((one) =>
    el("li", {}, el("span", { class: "points" }, "+" + one.points), el("span", {}, long(one.text, 260)))));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", tell, { once: true });
  else tell();
  const picture = pathPicture({ hops: [hop.id], parents: [null], origin: {}, switches: [] });
  return el("section", { class: "card path" }, el("h3", {}, badge(hop.severity, hop.score), " ", el("a", { href: "#hop/" + encodeURIComponent(hop.id) }, hopSentence(hop))),
    el("p", { class: "muted" }, time(hop.start) + " UTC  ", legMarks(hop.legs)), picture, reasons);
}

function alertCard(hop, members = [hop]) {
  const targets = [...new Set(members.map((one) => one.to.label))];
  return el("section", { class: "card alert" }, el("h3", {}, badge(hop.severity, hop.score, hop.alert), " ", el("a", { href: "#hop/" + encodeURIComponent(hop.id) }, hopSentence(hop))),
    el("p", { class: "muted" }, time(hop.start) + " UTC  ", legMarks(hop.legs)),
    members.length > 1 ? el("p", {}, count(members.length, "hop") + " of one kind, to " + listed(targets, 6) + ".") : null);
}

function nothingFound() {
  if (!META.summary.files) return el("div", { class: "card emptycard warn" }, el("p", {}, "An empty report says nothing of the hosts. Below stands, file by file, why it was not read."));
  return el("div", { class: "card emptycard" }, el("p", {}, el("strong", {}, "No alerts.")),
    el("p", {}, HOPS.length ? ["The page holds ", el("a", { href: "#table" }, count(HOPS.length, "hop")), ", none of which is an alert by itself or as part of a path."] : weakOnly(), " Look at what could not be seen before you rely on it."));
}

function weakOnly() {
  const weak = META.summary.hops;
  return weak ? "The logs hold " + count(weak, "hop") + " of weak evidence alone, such as logons and share reads. A scan with --all puts them into the page." : "No movement between hosts was found.";
}
