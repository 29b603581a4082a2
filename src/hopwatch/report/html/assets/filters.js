// The filters that graph, timeline and table share.

const LISTENERS = new Set();
const COUNTER = {};

function changed() {
  for (const listener of LISTENERS) listener();
  say(count(kept().length, "hop") + " shown");
}

function filterBar(root) {
  const amount = (of) => [...HOPS.reduce((all, hop) => all.set(of(hop), (all.get(of(hop)) || 0) + 1), new Map())]
    .filter(([value]) => value).sort((a, b) => b[1] - a[1]);
  const hosts = [...HOSTS.values()].filter((one) => !one.key.startsWith("?")).sort((a, b) => b.score - a.score || b.hops.length - a.hops.length);
  const suppressed = HOPS.filter((hop) => hop.suppressed).length;
  const quiet = HOPS.filter((hop) => !hop.alert && !hop.suppressed).length;
  const brush = timeBrush();
  const more = el("details", { class: "filterbox", open: matchMedia("(min-width: 720px)").matches },
    el("summary", {}, "Filters ", el("span", { id: "kept", class: "muted" })),
    el("div", { class: "row" },
      el("fieldset", { class: "chips" }, el("legend", {}, "Severity"),
        [...SEVERITIES].reverse().map((name) => chip(name, "s-" + name, FILTER.severities.has(name), (on) => {
          if (on) FILTER.severities.add(name); else FILTER.severities.delete(name);
        }))),
      field("Technique", choice("technique", amount((hop) => hop.technique).map(([value, n]) => [value, technique(value) + " (" + number(n) + ")"]))),
      PATHS.length ? field("Path", choice("path", PATHS.slice(0, 200).map((path) => [path.path, short(pathTitle(path), 60)]))) : null,
      field("Account", typed("account", "any", amount((hop) => hop.account).map(([value]) => value))),
      field("Host", typed("host", "any", hosts.map((one) => one.label)))),
    el("div", { class: "row" },
      el("fieldset", { class: "chips" }, el("legend", {}, "Also show"),
        chip("below alert (" + number(quiet) + ")", "", FILTER.quiet, (on) => { FILTER.quiet = on; }, quiet === 0, "quiet"),
        chip("suppressed (" + number(suppressed) + ")", "", FILTER.suppressed, (on) => { FILTER.suppressed = on; }, suppressed === 0, "suppressed")),
      field("Search", typed("text", "any words", [])), brush.node,
      button("Clear filters", () => { clearFilters(); empty(root); filterBar(root); changed(); }, { class: "quiet clear" })));
  LISTENERS.delete(COUNTER.draw);
  COUNTER.draw = () => {
    document.getElementById("kept").textContent = number(kept().length) + " of " + count(HOPS.length, "hop");
    brush.draw();
  };
  LISTENERS.add(COUNTER.draw);
  root.append(more);
  COUNTER.draw();
}

function clearFilters() {
  Object.assign(FILTER, { severities: new Set(SEVERITIES), technique: "", account: "", path: "", host: "", text: "", from: null, to: null, quiet: !HOPS.some((hop) => hop.alert), suppressed: false });
}

function chip(label, style, on, change, disabled, name) {
  const box = el("input", { type: "checkbox", checked: on, disabled, "data-chip": name || label, change: () => { change(box.checked); changed(); } });
  return el("label", { class: "chip " + style }, box, el("span", {}, label));
}

function field(label, control) {
  return el("label", { class: "field" }, el("span", {}, label), control);
}

function choice(name, options) {
  const control = el("select", { "data-filter": name, change: () => { FILTER[name] = control.value; changed(); } },
    el("option", { value: "" }, "any"), options.map(([value, label]) => el("option", { value, selected: FILTER[name] === value }, label)));
  return control;
}

function typed(name, hint, options) {
  let waiting = 0;
  const control = el("input", {
    type: "search", "data-filter": name, placeholder: hint, list: options.length ? "list-" + name : null, autocomplete: "off", spellcheck: "false",
    input: () => { clearTimeout(waiting); waiting = setTimeout(() => { FILTER[name] = control.value.trim(); changed(); }, 140); },
  });
  control.value = FILTER[name];
  const list = options.length ? el("datalist", { id: "list-" + name }, options.slice(0, 400).map((value) => el("option", { value: short(value, 200) }))) : null;
  return [control, list];
}
