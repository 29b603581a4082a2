// Paths: each as a sentence and a picture; and the page of one.

function pathSentence(path) {
  const known = path.hops.map((id) => BY_ID.get(id)).filter(Boolean);
  const origin = path.origin.host || path.origin.ip || known[0]?.from.label || "an unknown host";
  const parts = ["From ", el("strong", {}, short(isAddress(origin) ? origin : shortHost(origin).toUpperCase(), 60))];
  if (path.origin.user) {
    const [before, after] = path.origin.user_known_by === "address" ? [", from whose address ", " logged on elsewhere before,"] : [", where ", " was logged on,"];
    parts.push(before, el("span", { class: "who" }, short(path.origin.user, 60)), after);
  }
  const legs = known.slice(0, 6).map((hop, i) => [i ? (i === Math.min(known.length, 6) - 1 && known.length <= 6 ? ", and " : ", ") : " somebody moved ",
    "to ", el("strong", {}, hop.to.label), " (", technique(hop.technique), " as ", el("span", { class: "who" }, short(hop.account || "an unknown account", 40)), ")"]);
  parts.push(legs, known.length > 6 ? " and " + count(known.length - 6, "more hop") : "", ", within " + lasting(Date.parse(path.end) - Date.parse(path.start)) + ".");
  for (const one of path.switches.slice(0, 4)) parts.push(" At ", short(shortHost(one.host).toUpperCase(), 40), " the account changed from ", el("span", { class: "who" }, short(one.from, 40)), " to ", el("span", { class: "who" }, short(one.to, 40)), one.usual ? ", which is at home there." : ".");
  if (path.beyond.length) parts.push(" It reaches " + listed(path.beyond.map((one) => short(shortHost(one).toUpperCase(), 40)), 5) + ", where the user of its origin did not go before.");
  return parts;
}

function pathCard(path, level = "h2") {
  const rank = SEVERITIES.indexOf(path.severity);
  return el("section", { class: "card path", "aria-label": "Path " + path.path },
    el(level, {}, badge(rank, path.score, path.alert), " ", el("a", { href: "#path/" + encodeURIComponent(path.path) }, pathTitle(path))),
    el("p", { class: "sentence" }, pathSentence(path)), pathPicture(path));
}

function pathTitle(path) {
  const names = path.hosts.map((one) => short(isAddress(one) ? one : shortHost(one).toUpperCase(), 30));
  return (names.length > 5 ? [...names.slice(0, 4), "… " + number(names.length - 4) + " more"] : names).join(" → ");
}

function pathsView(root) {
  document.title = "Paths · hopwatch";
  const grave = PATHS.filter((path) => path.alert), others = PATHS.filter((path) => !path.alert);
  const rest = el("div", {});
  empty(root, el("h1", {}, "Paths"), el("p", { class: "lead" }, "Hops that led to each other: where somebody came in, and how far he got."),
    grave.slice(0, 50).map((path) => pathCard(path)),
    grave.length ? null : el("p", { class: "empty" }, PATHS.length ? "No path is an alert." : "No hops led to each other."),
    grave.length > 50 ? el("p", { class: "muted" }, count(grave.length - 50, "more path") + " can be reached from their hops.") : null,
    others.length ? button("Show " + count(others.length, "path") + " below an alert", (event) => {
      event.target.remove();
      add(rest, others.slice(0, 50).map((path) => pathCard(path)));
    }) : null, rest);
}

function pathView(root, id) {
  const path = PATHS.find((one) => one.path === id);
  if (!path) return empty(root, el("p", { class: "empty" }, "No path of this id is in the report."));
  document.title = "Path " + pathTitle(path) + " · hopwatch";
  const hops = path.hops.map((one) => BY_ID.get(one)).filter(Boolean), effects = effectsOf(hops, path);
  return empty(root, el("nav", { class: "crumbs", "aria-label": "Where this is" }, el("a", { href: "#paths" }, "All paths")),
    el("h1", {}, badge(SEVERITIES.indexOf(path.severity), path.score, path.alert), " ", pathTitle(path)),
    el("p", { class: "lead sentence" }, pathSentence(path)), pathPicture(path),
    el("dl", { class: "facts" },
      el("dt", {}, "Time"), el("dd", {}, span(Date.parse(path.start), Date.parse(path.end))),
      el("dt", {}, "Accounts"), el("dd", {}, listed(path.accounts.map((one) => short(one, 60)), 12)),
      el("dt", {}, "Id"), el("dd", {}, el("code", {}, path.path), " ", copier(path.path, "Copy id"))),
    path.reasons.length ? el("ul", { class: "reasons bare" }, path.reasons.map((one) => el("li", {}, el("span", { class: "points" }, "+" + one.points), el("span", {}, long(one.text))))) : null,
    button("Show in the graph", () => { FILTER.path = path.path; const control = document.querySelector("[data-filter=path]"); if (control) control.value = path.path; changed(); location.hash = "#graph"; }),
    el("h2", {}, "In time"), hops.length ? drawLanes(hops, effects) : null,
    el("h2", {}, "Step by step"), el("ol", { class: "events" }, steps(hops, effects).map(eventItem)));
}
