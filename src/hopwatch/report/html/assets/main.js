// Starts the page: theme, navigation, and the view that the address names.

const VIEWS = [
  ["overview", "Overview", overviewView, false], ["graph", "Graph", graphView, true], ["timeline", "Timeline", timelineView, true],
  ["table", "Table", tableView, true], ["paths", "Paths", pathsView, false], ["coverage", "Coverage", coverageView, false],
];
const INNER = { hop: [hopView, "table"], path: [pathView, "paths"] };
const RECOLOUR = new Set();
let leave = null;

function route() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  const view = document.getElementById("view"), filters = document.getElementById("filters");
  if (leave) leave();
  leave = null;
  let inner = null;
  try { inner = own(INNER, name) && decodeURIComponent(rest.join("/")); } catch { inner = ""; }
  const found = VIEWS.find(([one]) => one === name) || VIEWS[0];
  filters.hidden = inner !== null && inner !== undefined || !found[3] || !HOPS.length;
  navigation(inner ? INNER[name][1] : found[0]);
  if (inner) INNER[name][0](view, inner);
  else leave = found[2](view) || null;
  scrollTo(0, 0);
}

function navigation(current) {
  empty(document.getElementById("nav"), VIEWS.map(([name, label]) =>
    el("a", { href: "#" + name, "aria-current": name === current ? "page" : null }, label, name === "paths" && PATHS.length ? el("span", { class: "n" }, number(PATHS.length)) : null)));
}

function theme() {
  const control = document.getElementById("theme"), order = ["auto", "light", "dark"];
  let at = 0;
  control.addEventListener("click", () => {
    at = (at + 1) % order.length;
    if (at) document.documentElement.dataset.theme = order[at];
    else delete document.documentElement.dataset.theme;
    control.querySelector("span").textContent = order[at];
    for (const draw of RECOLOUR) draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => RECOLOUR.forEach((draw) => draw()));
}

function start() {
  load();
  theme();
  filterBar(document.getElementById("filters"));
  add(document.getElementById("foot"), ["hopwatch " + META.version + " · times are UTC · this file holds everything it shows and connects to nothing"]);
  addEventListener("hashchange", () => { route(); document.getElementById("main").focus({ preventScroll: true }); });
  route();
  document.documentElement.dataset.ready = "yes";
  performance.mark("hopwatch-ready");
}

start();
