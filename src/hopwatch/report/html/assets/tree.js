// A path as a picture: from its origin, left to right, or downwards where the window is narrow.

const BOX = { wide: 168, high: 52, gapX: 176, gapY: 26 };
const NARROWEST = 108; // between two boxes: what a technique and an account need

function pathPicture(path) {
  const nodes = treeOf(path);
  const upright = !fitted(Math.max(...nodes.map((node) => node.depth)));
  place(nodes, upright);
  const size = { width: Math.max(...nodes.map((node) => node.x + BOX.wide)) + (upright ? 48 : 4), height: Math.max(...nodes.map((node) => node.y + BOX.high)) + 8 };
  const picture = svg("svg", { class: "tree", width: size.width, height: size.height, viewBox: "0 0 " + size.width + " " + size.height, role: "group", "aria-label": "The path as a picture" },
    nodes.filter((node) => node.parent).map((node) => link(node, upright)), nodes.map((node) => box(node)));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Picture of the path" }, picture);
}

// Sets the boxes and gaps that let so many hops stand side by side; says whether they can.
function fitted(depth) {
  const room = document.getElementById("main").clientWidth - 144;
  BOX.wide = depth > 3 ? 132 : 168;
  BOX.gapX = Math.min(184, Math.floor((room - (depth + 1) * BOX.wide) / Math.max(1, depth)));
  if (BOX.gapX >= NARROWEST) return true;
  BOX.wide = 168;
  return false;
}

// One node for the origin and one for the target of each hop.
function treeOf(path) {
  const first = BY_ID.get(path.hops.find((id) => BY_ID.has(id)));
  const start = path.origin.host || path.origin.ip ? host(path.origin.host, path.origin.ip, []) : first ? first.from : null;
  const root = { depth: 0, label: start ? start.label : "unknown", host: start, user: path.origin.user, known_by: path.origin.user_known_by, kids: [] };
  const byHop = new Map(), nodes = [root];
  path.hops.forEach((id, i) => {
    const hop = BY_ID.get(id), parent = byHop.get(path.parents[i]) || root;
    const node = { parent, depth: parent.depth + 1, hop, id, label: hop ? hop.to.label : "not in this report", host: hop?.to, kids: [] };
    node.when = hop ? clock(hop.start, first.start, Date.parse(path.end) || first.end) : "";
    node.switched = path.switches.find((one) => one.hop === id && !one.usual);
    parent.kids.push(node);
    byHop.set(id, node);
    nodes.push(node);
  });
  return nodes;
}

function place(nodes, upright) {
  let row = 0;
  const walk = (node) => {
    if (upright) {
      node.x = node.depth * 30;
      node.y = row++ * (BOX.high + 44);
      node.kids.forEach(walk);
      return;
    }
    node.x = node.depth * (BOX.wide + BOX.gapX);
    node.kids.forEach(walk);
    node.y = node.kids.length ? (node.kids[0].y + node.kids[node.kids.length - 1].y) / 2 : row++ * (BOX.high + BOX.gapY) + 4;
  };
  walk(nodes[0]);
}

function link(node, upright) {
  const from = node.parent, name = node.hop ? SEVERITIES[node.hop.severity] : "informational";
  const start = upright ? [from.x + 14, from.y + BOX.high] : [from.x + BOX.wide, from.y + BOX.high / 2];
  const end = upright ? [node.x - 1, node.y + BOX.high / 2] : [node.x - 1, node.y + BOX.high / 2];
  const line = upright ? "M" + start + " V" + end[1] + " H" + (end[0] - 6)
    : "M" + start + " C" + (start[0] + 60) + " " + start[1] + " " + (end[0] - 70) + " " + end[1] + " " + (end[0] - 6) + " " + end[1];
  const label = upright ? [node.x + 6, node.y - 22] : [end[0] - BOX.gapX + 10, end[1] - 20], most = upright ? 40 : Math.floor((BOX.gapX - 14) / 6.2);
  const hop = node.hop;
  const said = hop ? time(hop.start) + " UTC, " + technique(hop.technique) + " as " + shown(who(hop.account, hop.domain)) + ", " + name + " " + hop.score : "a hop that is not in this report";
  const account = hop ? (node.switched ? "⇄ " : "as ") + (hop.account || "unknown") : "";
  return svg("a", { class: "arrow s-" + name, href: hop ? "#hop/" + encodeURIComponent(hop.id) : null },
    svg("title", {}, from.label + " to " + node.label + ": " + said), svg("path", { class: "hit", d: line }), svg("path", { class: "shaft", d: line }),
    svg("path", { class: "head", d: "M" + (end[0] - 9) + " " + (end[1] - 5) + " l9 5 l-9 5 Z" }),
    hop ? [svg("text", { x: label[0], y: label[1] }, short(technique(hop.technique), most)),
      svg("text", { x: label[0], y: label[1] + 13, class: "small" }, node.when),
      svg("text", { x: label[0] + (upright ? 62 : 0), y: label[1] + (upright ? 13 : 35), class: "small" + (node.switched ? " switched" : "") }, short(account, upright ? 24 : most - (node.switched ? 2 : 0)))] : null);
}

function box(node) {
  const name = node.hop ? "s-" + SEVERITIES[node.hop.severity] : "origin";
  const under = node.hop ? roles([...node.host.roles]) || [...node.host.ips][0] || "" : node.user ? (node.known_by === "address" ? "whence " + short(node.user, 16) + " came" : "where " + short(node.user, 16) + " was") : "origin";
  return svg("g", { class: "box " + name },
    svg("rect", { x: node.x, y: node.y, width: BOX.wide, height: BOX.high, rx: 6 }),
    svg("rect", { class: "edge", x: node.x, y: node.y, width: 5, height: BOX.high, rx: 2.5 }),
    svg("text", { class: "name", x: node.x + 16, y: node.y + 22 }, short(node.label, BOX.wide > 150 ? 17 : 13)),
    svg("text", { class: "small", x: node.x + 16, y: node.y + 39 }, short(under, BOX.wide > 150 ? 23 : 12)),
    node.hop ? svg("text", { class: "score", x: node.x + BOX.wide - 10, y: node.y + (BOX.wide > 150 ? 22 : 39), "text-anchor": "end" }, node.hop.score) : null);
}
