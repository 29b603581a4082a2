// The table of hops: sorted, searched by the filters, and drawn only as far as it is in sight.

const FIELDS = [
  { name: "severity", title: "Severity", of: (hop) => hop.severity * 1000 + hop.score, down: true },
  { name: "start", title: "Time (UTC)", of: (hop) => hop.start },
  { name: "from", title: "From", of: (hop) => hop.from.label.toLowerCase() },
  { name: "to", title: "To", of: (hop) => hop.to.label.toLowerCase() },
  { name: "technique", title: "Technique", of: (hop) => technique(hop.technique).toLowerCase() },
  { name: "account", title: "Account", of: (hop) => (hop.account || "").toLowerCase() },
  { name: "legs", title: "Legs", of: (hop) => [...hop.legs].filter((letter) => letter === "s").length, down: true },
];
const SORT = { name: "severity", down: true };

function tableView(root) {
  document.title = "Hops · hopwatch";
  const body = el("div", { class: "rows", role: "presentation" }), frame = el("div", { class: "frame", tabindex: "0", role: "rowgroup", "aria-label": "Hops; arrow keys move, Enter opens" }, body);
  const head = el("div", { class: "hrow head", role: "row" });
  const table = el("div", { class: "table", role: "table", "aria-label": "Hops" }, el("div", { role: "rowgroup" }, head), frame);
  let rows = [], at = 0;

  function order() {
    const field = FIELDS.find((one) => one.name === SORT.name), sign = SORT.down ? -1 : 1;
    rows = kept().map((hop) => [field.of(hop), hop]).sort(([a, x], [b, y]) => (a < b ? -sign : a > b ? sign : x.place - y.place)).map(([, hop]) => hop);
    at = Math.min(at, Math.max(0, rows.length - 1));
    table.setAttribute("aria-rowcount", rows.length + 1);
    empty(head, FIELDS.map((one) => el("div", { role: "columnheader", class: "c-" + one.name, "aria-sort": one.name === SORT.name ? (SORT.down ? "descending" : "ascending") : "none" },
      button([one.title, one.name === SORT.name ? (SORT.down ? " ↓" : " ↑") : ""].join(""), () => {
        SORT.down = SORT.name === one.name ? !SORT.down : Boolean(one.down);
        SORT.name = one.name;
        order();
        frame.scrollTop = 0;
      }))));
    draw();
  }

  function draw(all) {
    const high = rowHeight(), first = all ? 0 : Math.max(0, Math.floor(frame.scrollTop / high) - 6);
    const last = Math.min(rows.length, all ? 1000 : first + Math.ceil((frame.clientHeight || 600) / high) + 14);
    body.style.height = frame.style.height = Math.max(220, rows.length * high) + "px";
    empty(body, rows.length ? rows.slice(first, last).map((hop, i) => line(hop, first + i, high)) : el("p", { class: "empty" }, nothing()));
  }

  function line(hop, i, high) {
    const cell = (name, ...inner) => el("div", { role: "cell", class: "c-" + name }, inner);
    const row = el("div", { class: "hrow" + (i === at ? " at" : "") + (hop.suppressed ? " off" : ""), role: "row", "aria-rowindex": i + 2, "data-hop": hop.id, click: () => open(hop) },
      cell("severity", badge(hop.severity, hop.score, hop.alert)), cell("start", time(hop.start).slice(0, 16), el("span", { class: "seconds" }, time(hop.start).slice(16))),
      cell("from", el("span", { class: "ends" }, hop.from.label)), cell("to", el("a", { href: "#hop/" + encodeURIComponent(hop.id), tabindex: "-1" }, hop.to.label)),
      cell("technique", technique(hop.technique)), cell("account", short(hop.account || "?", 60)), cell("legs", legMarks(hop.legs)));
    row.style.transform = "translateY(" + i * high + "px)";
    return row;
  }

  function open(hop) {
    location.hash = "#hop/" + encodeURIComponent(hop.id);
  }

  frame.addEventListener("scroll", () => requestAnimationFrame(() => draw()), { passive: true });
  frame.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === "Enter" && rows[at]) open(rows[at]);
    if (step === undefined) return;
    event.preventDefault();
    at = Math.min(rows.length - 1, Math.max(0, at + step));
    const high = rowHeight();
    frame.scrollTop = Math.min(at * high, Math.max(frame.scrollTop, (at + 2) * high - frame.clientHeight));
    draw();
    if (rows[at]) say(rows[at].from.label + " to " + rows[at].to.label + ", " + technique(rows[at].technique) + ", " + SEVERITIES[rows[at].severity] + " " + rows[at].score);
  });
  const printing = () => draw(true);
  addEventListener("beforeprint", printing);
  addEventListener("afterprint", () => draw());
  empty(root, el("h1", {}, "Hops"), table);
  LISTENERS.add(order);
  order();
  return () => { LISTENERS.delete(order); removeEventListener("beforeprint", printing); };
}

function rowHeight() {
  return matchMedia("(max-width: 719px)").matches ? 74 : 42;
}

function nothing() {
  if (!META.summary.files) return "Nothing was read, so there is nothing to show.";
  if (!HOPS.length) return weakOnly();
  return kept(false).length ? "No hop lies in the chosen time." : "No hop is left by the filters. “Also show” has those below an alert and those that the context allows.";
}
