// The hops, hosts and paths of the report, and which of them the filters leave.

const HOPS = [];
const BY_ID = new Map();
const HOSTS = new Map();
const ADDRESSES = new Map();
const PATHS = META.paths;
const PATH_OF = new Map();
const EXTENT = { from: Infinity, to: -Infinity };
const FILTER = {
  severities: new Set(SEVERITIES), technique: "", account: "", path: "", host: "", text: "", from: null, to: null,
  quiet: false, suppressed: false,
};

function host(name, ip, given, options) {
  const key = name ? shortHost(name).toLowerCase() : ip ? ADDRESSES.get(ip) || ip : "?" + (options || []).join(" ");
  if (!HOSTS.has(key)) {
    HOSTS.set(key, { key, names: new Set(), ips: new Set(), roles: new Set(), rank: -1, score: -1, alerts: 0, hops: [] });
  }
  const found = HOSTS.get(key);
  if (name) found.names.add(name);
  if (ip) found.ips.add(ip);
  for (const role of given) found.roles.add(role);
  found.label = found.label && !isAddress(found.label) ? found.label : hostLabel(name, ip, options || []);
  return found;
}

function hostLabel(name, ip, options) {
  if (name || ip) return short(name ? shortHost(name).toUpperCase() : ip, 40);
  return options.length ? short("one of " + listed(options.map(shortHost), 3), 60) : "unknown source";
}

function load() {
  const rows = block("hops").map((row) => Object.fromEntries(META.columns.map((name, i) => [name, row[i]])));
  learnAddresses(rows);
  for (const row of rows) {
    const hop = { ...row, start: Date.parse(row.start), end: Date.parse(row.end), place: HOPS.length };
    hop.from = host(row.source, row.source_ip, row.source_roles, row.candidates);
    hop.to = host(row.target, row.target_ip, row.target_roles);
    HOPS.push(hop);
    BY_ID.set(hop.id, hop);
    for (const end of new Set([hop.from, hop.to])) note(end, hop);
    EXTENT.from = Math.min(EXTENT.from, hop.start);
    EXTENT.to = Math.max(EXTENT.to, hop.end);
  }
  for (const path of PATHS) for (const id of path.hops) if (!PATH_OF.has(id)) PATH_OF.set(id, path);
  FILTER.quiet = !HOPS.some((hop) => hop.alert);
}

// An address that one host alone bears by name stands for that host.
function learnAddresses(rows) {
  const seen = new Map();
  for (const row of rows) {
    for (const [name, ip] of [[row.source, row.source_ip], [row.target, row.target_ip]]) {
      if (name && ip) seen.set(ip, seen.has(ip) && seen.get(ip) !== shortHost(name).toLowerCase() ? null : shortHost(name).toLowerCase());
    }
  }
  for (const [ip, name] of seen) if (name) ADDRESSES.set(ip, name);
}

function note(end, hop) {
  end.hops.push(hop);
  if (!hop.alert) return;
  end.alerts += 1;
  end.rank = Math.max(end.rank, hop.severity);
  end.score = Math.max(end.score, hop.score);
}

function haystack(hop) {
  if (!hop.hay) {
    hop.hay = [hop.id, ...hop.from.names, ...hop.from.ips, ...hop.to.names, ...hop.to.ips, hop.account, hop.domain,
      hop.technique, technique(hop.technique), SEVERITIES[hop.severity], hop.suppressed, ...hop.candidates].join("\n").toLowerCase();
  }
  return hop.hay;
}

function isKept(hop, withTime = true) {
  const at = FILTER;
  if (at.path) { if (!PATHS.find((path) => path.path === at.path)?.hops.includes(hop.id)) return false; }
  const told = at.path || hop.alert || at.quiet && !hop.suppressed || at.suppressed && hop.suppressed
    || !hop.suppressed && PATH_OF.get(hop.id)?.alert;
  return told && at.severities.has(SEVERITIES[hop.severity])
    && (!at.technique || hop.technique === at.technique)
    && (!at.account || (hop.account || "").toLowerCase() === at.account.toLowerCase())
    && (!at.host || named(hop.from, at.host) || named(hop.to, at.host))
    && (!at.text || at.text.toLowerCase().split(/\s+/).every((word) => haystack(hop).includes(word)))
    && (!withTime || (at.from === null || hop.end >= at.from) && (at.to === null || hop.start <= at.to));
}

function named(end, text) {
  const wanted = text.toLowerCase();
  return end.key === wanted || end.label.toLowerCase() === wanted || end.ips.has(wanted)
    || [...end.names].some((name) => name.toLowerCase() === wanted);
}

function kept(withTime = true) {
  return HOPS.filter((hop) => isKept(hop, withTime));
}

// All that is known of a hop; its block is parsed when the first of its hops is asked for.
const BLOCKS = new Map();

function details(hop) {
  const name = "details-" + Math.floor(hop.place / META.block);
  if (!BLOCKS.has(name)) {
    const found = block(name);
    if (!found) return null;
    BLOCKS.set(name, found);
  }
  return BLOCKS.get(name)[hop.id];
}
