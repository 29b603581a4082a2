// Where the nodes of the graph stand: by path, over time, or as a map. The same hops give the same picture.

const COLUMN = 210, ROW = 84, TALL = 9;

function positions(graph, kindOf) {
  if (kindOf === "time") return inColumns(graph, arrivals(graph));
  return inColumns(graph, depths(graph));
}

// How many hops a node is from where movement began: from nodes that nothing reaches, the gravest first.
function depths({ nodes, edges }) {
  const depth = new Map(), out = new Map();
  const reached = new Set(edges.filter((edge) => edge.from !== edge.to).map((edge) => edge.to));
  for (const edge of edges) push(out, edge.from, edge.to);
  const starts = [...nodes.filter((node) => !reached.has(node)), ...edges.map((edge) => edge.from), ...nodes];
  const firsts = nodes.some((node) => !reached.has(node)) ? starts.slice(0, nodes.filter((node) => !reached.has(node)).length) : [starts[0]];
  const walk = (from) => {
    const queue = from.filter((node) => node && !depth.has(node));
    queue.forEach((node) => depth.set(node, 0));
    for (const node of queue) {
      for (const next of out.get(node) || []) {
        if (depth.has(next)) continue;
        depth.set(next, depth.get(node) + 1);
        queue.push(next);
      }
    }
  };
  walk(firsts);
  for (const node of starts) if (!depth.has(node)) walk([node]);
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
  const per = Math.max(1, Math.ceil(order.length / 10));
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
