// The graph: hosts as nodes, hops as directed edges; drawn by Cytoscape.js, and said as a list for those who cannot see it.

const GRAPH = { kind: "path", cy: null };

function graphView(root) {
  document.title = "Graph · hopwatch";
  const canvas = el("div", { class: "canvas", tabindex: "0", role: "application", "aria-label": "Graph of hosts and hops. Arrow keys step through the hops, Enter opens one. A list follows.", "aria-describedby": "graphhint" });
  const panel = el("aside", { class: "panel", "aria-label": "What is chosen" }), list = el("details", { class: "graphlist" });
  const tools = el("div", { class: "tools" }, el("div", { class: "segments", role: "group", "aria-label": "Arrangement" },
    [["path", "By path"], ["time", "Over time"], ["map", "Map"]].map(([name, label]) => button(label, (event) => {
      GRAPH.kind = name;
      for (const one of event.target.parentNode.children) one.setAttribute("aria-pressed", String(one === event.target));
      draw();
    }, { "aria-pressed": String(GRAPH.kind === name) }))),
    el("div", { class: "segments", role: "group", "aria-label": "Size" }, button("−", () => zoom(0.8), { "aria-label": "Smaller" }), button("+", () => zoom(1.25), { "aria-label": "Larger" }), button("Fit", () => GRAPH.cy?.fit(undefined, 34))),
    button("Close groups", () => { OPENED.clear(); draw(); }, { class: "quiet" }));
  empty(root, el("h1", {}, "Graph"), tools, el("div", { class: "graphbox" }, canvas, panel),
    el("p", { id: "graphhint", class: "muted" }, "Click an edge to open its hop, a host to see its hops, a group to open it. Ctrl and the wheel, or two fingers, zoom."), list);
  const draw = () => paint(canvas, panel, list);
  canvas.addEventListener("wheel", (event) => { if (!event.ctrlKey) event.stopPropagation(); }, { capture: true });
  keys(canvas);
  LISTENERS.add(draw);
  RECOLOUR.add(draw);
  draw();
  return () => { LISTENERS.delete(draw); RECOLOUR.delete(draw); GRAPH.cy?.destroy(); GRAPH.cy = null; };
}

function zoom(factor) {
  const cy = GRAPH.cy;
  if (cy) cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
}

function paint(canvas, panel, list) {
  GRAPH.cy?.destroy();
  GRAPH.cy = null;
  const hops = kept(), graph = clustered(hops);
  if (!hops.length) {
    empty(canvas, el("p", { class: "empty" }, nothing()));
    empty(panel);
    return empty(list);
  }
  empty(canvas);
  canvas.classList.toggle("small", graph.nodes.length < 9);
  const crowded = graph.edges.length > 20, place = turned(positions(graph, GRAPH.kind), canvas);
  GRAPH.edges = graph.edges;
  const elements = [...graph.nodes.map((node) => nodeElement(node, place)), ...graph.edges.map((edge) => edgeElement(edge, crowded))];
  const layout = GRAPH.kind === "map" ? { name: "cose", randomize: false, animate: false, nodeDimensionsIncludeLabels: true, nodeRepulsion: () => 160000, idealEdgeLength: () => 80, edgeElasticity: () => 200, nodeOverlap: 40, gravity: 0.9, numIter: 700, padding: 34 } : { name: "preset", padding: 34 };
  const cy = GRAPH.cy = cytoscape({ container: canvas, elements, layout, style: looks(), minZoom: 0.08, maxZoom: 3, boxSelectionEnabled: false, autounselectify: false });
  if (cy.zoom() > 1.25) { cy.zoom(1.25); cy.center(); }
  cy.on("tap", "edge", (event) => tapEdge(event.target.scratch("edge"), panel));
  cy.on("tap", "node", (event) => tapNode(event.target.scratch("node"), panel, () => paint(canvas, panel, list)));
  cy.on("mouseover", "edge", (event) => event.target.addClass("near"));
  cy.on("mouseout", "edge", (event) => event.target.removeClass("near"));
  summaryPanel(panel, graph, hops);
  return edgeList(list, graph);
}

// On a narrow screen movement goes downwards.
function turned(place, canvas) {
  if (canvas.clientWidth > 600) return place;
  return new Map([...place].map(([node, at]) => [node, { x: at.y * 1.5, y: at.x * 0.66 }]));
}

function nodeElement(node, place) {
  const size = node.group ? 92 + Math.min(40, 6 * Math.log2(node.hosts.length)) : 34;
  const alerts = node.hosts.reduce((sum, one) => sum + one.alerts, 0);
  const under = [node.group ? "" : short(roles([...node.host.roles]), 24), alerts ? count(alerts, "alert") : ""].filter(Boolean).join("\n");
  return {
    group: "nodes", data: { id: node.key, label: node.label + (under ? "\n" + under : ""), size },
    classes: (node.rank >= 0 ? "s-" + SEVERITIES[node.rank] : "calm") + (node.group ? " group" : ""), position: place.get(node) ? { ...place.get(node) } : { x: 0, y: 0 }, scratch: { node },
  };
}

function edgeElement(edge, crowded) {
  const hop = edge.hops[0], name = SEVERITIES[hop.severity];
  return {
    group: "edges", data: { id: edge.key, source: edge.from.key, target: edge.to.key, label: crowded ? edgeLabel(edge) : "", near: crowded ? "" : edgeLabel(edge), width: 1.6 + Math.min(5, Math.log2(edge.hops.length + 1)) },
    classes: "s-" + name + (hop.alert ? " grave" : hop.suppressed ? " off" : " calm") + (crowded ? " crowded" : ""), scratch: { edge },
  };
}

function looks() {
  const ink = colour("ink"), muted = colour("muted"), surface = colour("surface"), fonts = getComputedStyle(document.body).fontFamily;
  return [
    { selector: "node", style: { "z-index-compare": "manual", "z-index": 5, width: "data(size)", height: "data(size)", shape: "ellipse", "background-color": surface, "border-width": 2, "border-color": muted, label: "data(label)", "text-valign": "bottom", "text-margin-y": 6, "text-wrap": "wrap", "font-size": 12, "font-family": fonts, color: ink, "text-background-color": surface, "text-background-opacity": 0.8, "text-background-padding": 2 } },
    { selector: "node.group", style: { shape: "round-rectangle", "border-style": "dashed", "text-valign": "center", "text-margin-y": 0, "text-background-opacity": 0, "text-max-width": 84 } },
    ...SEVERITIES.map((name) => ({ selector: "node.s-" + name, style: { "border-color": colour(name), "border-width": 4 } })),
    { selector: "edge", style: { width: "data(width)", "curve-style": "bezier", "control-point-step-size": 46, "target-arrow-shape": "triangle", "arrow-scale": 1.1, label: "data(label)", "source-label": "data(near)", "source-text-offset": 84, "text-wrap": "wrap", "font-size": 10.5, "font-family": fonts, color: ink, "text-background-color": surface, "text-background-opacity": 1, "text-background-padding": 2 } },
    ...SEVERITIES.map((name) => ({ selector: "edge.s-" + name, style: { "line-color": colour(name), "target-arrow-color": colour(name) } })),
    { selector: "edge.grave", style: { "z-index-compare": "manual", "z-index": 3 } },
    { selector: "edge.calm", style: { "line-style": "dotted", opacity: 0.75 } }, { selector: "edge.off", style: { "line-style": "dashed", opacity: 0.6 } },
    { selector: "edge.crowded.calm, edge.crowded.off", style: { width: 1.2, opacity: 0.34, "arrow-scale": 0.8 } },
    { selector: "edge.crowded", style: { "text-opacity": 0, "text-background-opacity": 0 } },
    { selector: "edge.near, edge:selected", style: { "text-opacity": 1, "text-background-opacity": 0.95, "z-index-compare": "manual", "z-index": 9, "overlay-color": colour("accent"), "overlay-opacity": 0.16 } },
    { selector: "node:selected", style: { "overlay-color": colour("accent"), "overlay-opacity": 0.18 } },
  ];
}

function openHop(hop) {
  location.hash = "#hop/" + encodeURIComponent(hop.id);
}

function tapEdge(edge, panel) {
  if (edge.hops.length === 1) return openHop(edge.hops[0]);
  empty(panel, el("h2", {}, edge.from.label + " → " + edge.to.label), el("p", { class: "muted" }, count(edge.hops.length, "hop")), hopLinks(edge.hops));
  return say(count(edge.hops.length, "hop") + " from " + edge.from.label + " to " + edge.to.label);
}

function tapNode(node, panel, again) {
  if (node.group) {
    OPENED.set(node.group, (OPENED.get(node.group) || 0) + PART);
    say("Opened " + node.label);
    return again();
  }
  const one = node.host, hops = one.hops.filter((hop) => isKept(hop));
  return empty(panel, el("h2", {}, one.label), el("p", { class: "muted" }, [...[...one.names].slice(0, 3).map((name) => short(name, 80)), ...[...one.ips].slice(0, 4)].join(", ")),
    one.roles.size ? el("p", {}, roles([...one.roles])) : null,
    el("p", {}, count(one.alerts, "alert") + "; " + count(hops.filter((hop) => hop.to === one).length, "hop") + " in, " + number(hops.filter((hop) => hop.from === one).length) + " out"),
    button("Only hops of this host", () => { FILTER.host = one.label; const control = document.querySelector("[data-filter=host]"); if (control) control.value = one.label; changed(); }), hopLinks(hops));
}

function hopLinks(hops) {
  return [el("ul", { class: "hoplinks" }, hops.slice(0, 40).map((hop) => el("li", {}, el("a", { href: "#hop/" + encodeURIComponent(hop.id) }, badge(hop.severity, hop.score, hop.alert), " ", hopSentence(hop)), el("div", { class: "muted" }, time(hop.start))))),
    hops.length > 40 ? el("p", { class: "muted" }, "and " + number(hops.length - 40) + " more: see the table") : null];
}

function summaryPanel(panel, graph, hops) {
  const grouped = graph.nodes.filter((node) => node.group);
  empty(panel, el("h2", {}, count(new Set(hops.flatMap((hop) => [hop.from, hop.to])).size, "host") + ", " + count(hops.length, "hop")),
    grouped.length ? el("p", {}, "Hosts of one kind stand together, the gravest for themselves. ", grouped.length < 9 ? listed(grouped.map((node) => node.label), 8) + "." : "") : null,
    el("ul", { class: "legend" }, ["critical", "high", "medium", "low"].map((name) => el("li", {}, el("i", { class: "swatch s-" + name }), name)), el("li", {}, el("i", { class: "swatch dotted" }), "no alert"), el("li", {}, el("i", { class: "swatch dashed" }), "suppressed")),
    el("p", { class: "muted" }, "An edge says technique, how many hops, the highest score, and the account."),
    el("h3", {}, "Gravest"), hopLinks(hops.slice(0, 5)));
}

function edgeList(list, graph) {
  const shownEdges = graph.edges.slice(0, 200);
  return empty(list, el("summary", {}, "The graph as a list (" + count(graph.edges.length, "edge") + ")"),
    el("ul", {}, shownEdges.map((edge) => el("li", {}, edge.hops.length === 1 ? el("a", { href: "#hop/" + encodeURIComponent(edge.hops[0].id) }, edgeWords(edge)) : edgeWords(edge)))),
    graph.edges.length > 200 ? el("p", { class: "muted" }, "and " + number(graph.edges.length - 200) + " more") : null);
}

function edgeWords(edge) {
  const hop = edge.hops[0];
  return edge.from.label + " → " + edge.to.label + ": " + edgeLabel(edge).replace("\n", ", ") + ", " + SEVERITIES[hop.severity];
}

// Arrow keys step through the edges, the gravest first.
function keys(canvas) {
  let at = -1;
  canvas.addEventListener("keydown", (event) => {
    const cy = GRAPH.cy, step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!cy || !GRAPH.edges.length) return;
    if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 1.25 : 0.8);
    if (event.key === "Enter" && GRAPH.edges[at]) openHop(GRAPH.edges[at].hops[0]);
    if (!step) return;
    event.preventDefault();
    at = (at + step + GRAPH.edges.length) % GRAPH.edges.length;
    cy.elements().unselect();
    cy.getElementById(GRAPH.edges[at].key).select();
    say(edgeWords(GRAPH.edges[at]));
  });
}
