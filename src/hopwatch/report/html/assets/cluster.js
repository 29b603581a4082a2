// Which hosts the graph draws for themselves, and which stand together as one node that can be opened.

const ROOM = 44;  // hosts drawn for themselves before they are put together
const PART = 40;  // hosts that come out of a group at once
const OPENED = new Map(); // how many hosts of a group are shown

// Gives the nodes and edges of the picture: {nodes: [{key, label, hosts, group}], edges: [{key, from, to, hops}]}.
function clustered(hops) {
  const hosts = [...new Set(hops.flatMap((hop) => [hop.from, hop.to]))];
  const alone = new Set(hosts.length <= ROOM ? hosts : chosen(hosts, hops));
  const groups = new Map();
  for (const one of hosts) if (!alone.has(one)) push(groups, kind(one), one);
  const node = new Map();
  for (const one of alone) node.set(one, single(one));
  for (const [name, members] of groups) spread(name, members, node);
  return { nodes: [...new Set(node.values())], edges: joined(hops, node) };
}

function push(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(value);
}

// The hosts of the gravest hops and of the paths that alert; hops are in order of gravity.
function chosen(hosts, hops) {
  const found = new Set(FILTER.host ? hosts.filter((one) => named(one, FILTER.host)) : []);
  for (const hop of hops.filter((one) => PATH_OF.get(one.id)?.alert).slice(0, ROOM)) { found.add(hop.from); found.add(hop.to); }
  for (const hop of hops) {
    if (found.size >= ROOM || !hop.alert) break;
    found.add(hop.from);
    found.add(hop.to);
  }
  const busy = [...hosts].sort((a, b) => b.hops.length - a.hops.length);
  for (const one of busy) { if (found.size >= ROOM / 2) break; found.add(one); }
  return [...found].slice(0, ROOM + 12);
}

// Hosts of one role, or whose names differ by their numbers alone, or of one network.
function kind(one) {
  if (one.roles.size) return roles([[...one.roles][0]]);
  if (one.key.startsWith("?")) return "unknown sources";
  if (isAddress(one.key)) return one.key.includes(":") ? "IPv6" : one.key.split(".").slice(0, 3).join(".") + ".x";
  const stem = one.key.replace(/[\d]+.*$/, "").replace(/[-_.]+$/, "");
  return stem ? short(stem.toUpperCase(), 20) + "…" : "other hosts";
}

function single(one) {
  return { key: "h:" + one.key, label: one.label, hosts: [one], host: one, rank: one.rank };
}

function spread(name, members, node) {
  members.sort((a, b) => b.score - a.score || b.hops.length - a.hops.length || (a.key < b.key ? -1 : 1));
  const open = members.length < 3 ? members.length : OPENED.get(name) || 0;
  members.slice(0, open).forEach((one) => node.set(one, single(one)));
  const rest = members.slice(open);
  if (!rest.length) return;
  const group = { key: "g:" + name, label: number(rest.length) + " × " + name, hosts: rest, group: name, rank: Math.max(...rest.map((one) => one.rank)) };
  rest.forEach((one) => node.set(one, group));
}

function joined(hops, node) {
  const edges = new Map();
  for (const hop of hops) {
    const from = node.get(hop.from), to = node.get(hop.to), key = "e:" + from.key + ">" + to.key;
    if (!edges.has(key)) edges.set(key, { key, from, to, hops: [] });
    edges.get(key).hops.push(hop);
  }
  return [...edges.values()];
}

function edgeLabel(edge) {
  const hop = edge.hops[0], kinds = new Set(edge.hops.map((one) => one.technique));
  const name = kinds.size > 1 ? technique(hop.technique) + " +" + (kinds.size - 1) : technique(hop.technique);
  const accounts = new Set(edge.hops.map((one) => one.account || "?"));
  return name + (edge.hops.length > 1 ? " ×" + number(edge.hops.length) : "") + " · " + hop.score
    + "\n" + (accounts.size > 1 ? number(accounts.size) + " accounts" : short(hop.account || "unknown", 18));
}
