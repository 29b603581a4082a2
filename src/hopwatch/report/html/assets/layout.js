// Where the nodes of the graph stand: by path, over time, or as a map. The same hops give the same picture.

const COLUMN = 250, ROW = 98, TALL = 8;

function positions(graph, kindOf) {
  if (kindOf === "time") return inColumns(graph, arrivals(graph));
  return inColumns(graph, depths(graph));
}

// How many hops a node is from where movement began, hops taken in order of time; what left a node before it was reached
// does not move it.
function depths({ nodes, edges }) {
  const depth = new Map(nodes.map((node) => [node, 0])), left = new Set();
  const first = new Map(edges.map((edge) => [edge, edge.hops.reduce((least, hop) => Math.min(least, hop.start), Infinity)]));
  for (const edge of [...edges].sort((a, b) => first.get(a) - first.get(b))) {
    left.add(edge.from);
    if (!left.has(edge.to)) depth.set(edge.to, Math.max(depth.get(edge.to), depth.get(edge.from) + 1));
  }
  return depth;
}

// By when the first hop reached a node or left it; hosts that come into play together stand in one column.
function arrivals({ nodes, edges }) {
  const first = new Map();
  for (const edge of edges) {
    for (const hop of edge.hops) {
      first.set(edge.from, Math.min(first.get(edge.from) ?? Infinity, hop.start - 1));
      first.set(edge.to, Math.min(first.get(edge.to) ?? Infinity, hop.start));
    }
  }
  const order = [...nodes].sort((a, b) => first.get(a) - first.get(b)), column = new Map();
  const per = Math.ceil(order.length / (order.length < 8 ? order.length : Math.min(8, Math.round(Math.sqrt(order.length * 2.2)))));
  order.forEach((node, i) => column.set(node, Math.floor(i / per)));
  return column;
}

function inColumns({ nodes, edges }, columnOf) {
  const columns = new Map();
  for (const node of nodes) push(columns, columnOf.get(node) || 0, node);
  const place = new Map();
  let x = 0;
  for (const name of [...columns.keys()].sort((a, b) => a - b)) {
    const members = sorted(columns.get(name), edges, place), wide = Math.ceil(members.length / TALL), high = Math.ceil(members.length / wide);
    members.forEach((node, i) => {
      const strip = Math.floor(i / high), row = i % high, rows = Math.min(high, members.length - strip * high);
      place.set(node, { x: x + strip * COLUMN * 0.72, y: (row - (rows - 1) / 2) * ROW + (strip % 2) * ROW * 0.35 });
    });
    x += COLUMN + (wide - 1) * COLUMN * 0.72;
  }
  return place;
}

// Each near what leads to it, so that few edges cross.
function sorted(members, edges, place) {
  const pull = (node) => {
    const from = edges.filter((edge) => edge.to === node && place.has(edge.from)).map((edge) => place.get(edge.from).y);
    return from.length ? from.reduce((sum, y) => sum + y, 0) / from.length : 0;
  };
  const by = new Map(members.map((node) => [node, pull(node)]));
  return [...members].sort((a, b) => by.get(a) - by.get(b) || b.rank - a.rank || (a.key < b.key ? -1 : 1));
}
