// Coverage: of each host, which legs could be seen; from what a coverage report says, or from what the hops know.

function coverageView(root) {
  document.title = "Coverage · hopwatch";
  const given = META.coverage, hosts = given.hosts || [], unread = META.summary.skipped;
  empty(root, el("h1", {}, "Coverage"),
    el("p", { class: "lead" }, given.from_hops ? "What the hops know of what was collected. A host that appears in no hop is not listed: that says nothing of its logs." : "What was collected of each host, leg by leg."),
    (given.notes || []).map((one) => el("p", {}, long(one))),
    hosts.length ? el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Coverage by host" }, el("table", { class: "grid" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Host"), LEGS.map((leg) => el("th", { scope: "col" }, WORDS.leg[leg])), el("th", { scope: "col" }, given.from_hops ? "Logs that told of hops" : "What it takes"))),
      el("tbody", {}, hosts.slice(0, 500).map(coverageRow)))) : el("p", { class: "empty" }, META.summary.files ? "No hop is in the page, so no hop can tell what was collected." : "Nothing was read."),
    hosts.length > 500 || given.more ? el("p", { class: "muted" }, "and " + number(Math.max(0, hosts.length - 500) + (given.more || 0)) + " more hosts") : null,
    el("h2", {}, "Not read"), unread.length ? el("ul", {}, unread.slice(0, 100).map((one) => el("li", {}, el("code", {}, short(one.file, 200)), ": ", short(one.reason, 300), " (" + number(one.count) + ")"))) : el("p", {}, META.summary.files ? "Everything that was found could be read." : "Nothing here is a log that hopwatch reads."),
    kinds("Kept, by shape", META.summary.formats), kinds("Read, and of no use to a detection", META.summary.unused));
}

function coverageRow(row) {
  const what = Array.isArray(row.logs) ? row.logs.map((one) => short(one, 60).replace(/^Microsoft-Windows-/, "").replace(/\/Operational$/, "")).join(", ") : row.text || "";
  return el("tr", {}, el("th", { scope: "row" }, short(row.host, 80)), LEGS.map((leg) => el("td", {}, coverageCell(row[leg]))), el("td", { class: "muted" }, short(what, 300)));
}

function coverageCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return el("span", { class: "leg " + (own(MARKS, value) ? value : "") }, own(MARKS, value) ? MARKS[value] + " " + WORDS.state[value] : short(value, 80));
  const parts = ["seen", "absent", "not_collected"].filter((state) => value[state]);
  return parts.length ? parts.map((state) => el("span", { class: "leg " + state, title: WORDS.state[state] }, MARKS[state] + " " + number(value[state]) + " " + (state === "not_collected" ? "not collected" : state))) : el("span", { class: "muted" }, "no hop to it");
}

function kinds(title, counts) {
  const rows = Object.entries(counts || {}).sort((a, b) => b[1] - a[1]).slice(0, 40);
  return rows.length ? [el("h2", {}, title), el("ul", { class: "counts" }, rows.map(([name, n]) => el("li", {}, el("b", {}, number(n)), " ", short(name, 120))))] : null;
}
