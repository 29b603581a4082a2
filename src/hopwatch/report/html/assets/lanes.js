// A picture of hosts as lanes and time from left to right: hops as arrows, what went before and came after as marks.

const LANE = { high: 46, left: matchMedia("(max-width: 719px)").matches ? 112 : 150, top: 8, step: 30, wide: 118 };
const MOST_LANES = 24, MOST_ARROWS = 80;

function effectsOf(hops, path) {
  const found = new Map();
  const keep = (at, hostName, leg, text, hop) => {
    if (hostName) found.set([at, shortHost(hostName).toLowerCase(), leg, text].join("\n"), { at: Date.parse(at), host: host(hostName, null, []), leg, text, hop });
  };
  for (const hop of hops) for (const [at, where, leg, text] of hop.effects) keep(at, where, leg, text, hop);
  for (const effect of path ? path.effects : []) keep(effect.time, effect.host, effect.leg, effect.text, null);
  return [...found.values()].sort((a, b) => a.at - b.at);
}

// Time is not to scale: what lies close together is drawn apart, and long gaps are shortened.
function drawLanes(hops, effects) {
  const arrows = hops.slice(0, MOST_ARROWS).sort((a, b) => a.start - b.start);
  const lanes = [...new Set(arrows.flatMap((hop) => [hop.from, hop.to]))].slice(0, MOST_LANES);
  const marks = effects.filter((effect) => lanes.includes(effect.host)).slice(0, MOST_ARROWS);
  const things = [...arrows.map((hop) => ({ at: hop.start, hop })), ...marks.map((mark) => ({ at: mark.at, mark }))].sort((a, b) => a.at - b.at);
  let x = LANE.left + 40, last = null;
  for (const thing of things) {
    if (last !== null) x += gap(thing, last);
    thing.x = x;
    last = thing;
  }
  const size = { width: Math.max(x + LANE.wide, document.getElementById("main").clientWidth - 62), height: LANE.top + lanes.length * LANE.high + 14 };
  const y = new Map(lanes.map((lane, i) => [lane, LANE.top + i * LANE.high + 20]));
  const picture = svg("svg", { class: "lanes", width: size.width, height: size.height, viewBox: "0 0 " + size.width + " " + size.height, role: "group", "aria-label": "Hosts as lanes, time from left to right" },
    lanes.map((lane) => laneLine(lane, y.get(lane), size.width)),
    things.filter((thing) => thing.hop && y.has(thing.hop.from) && y.has(thing.hop.to)).map((thing) => arrow(thing, y, clock(thing.at, things[0].at, last.at))),
    things.filter((thing) => thing.mark).map((thing) => mark(thing, y)));
  const hidden = hops.length - arrows.length;
  return el("figure", {}, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Picture of the hops in time" }, picture),
    el("figcaption", { class: "muted" }, "Time runs from left to right, not to scale. ",
      el("span", { class: "key before" }, "◆"), " before   ", el("span", { class: "key after" }, "▲"), " after   ",
      hidden > 0 ? "The picture has the first " + arrows.length + "; " + count(hidden, "hop") + " more in the list." : ""));
}

function gap(thing, last) {
  const labelled = last.hop && thing.hop ? LANE.wide : last.hop || thing.hop ? LANE.step + 14 : LANE.step - 8;
  return labelled + Math.min(60, 9 * Math.log10(1 + (thing.at - last.at) / 1000));
}

function laneLine(lane, y, width) {
  return [svg("line", { class: "lane", x1: LANE.left, x2: width, y1: y, y2: y }),
    svg("text", { class: "lanename", x: 6, y: y + 4 }, short(lane.label, LANE.left > 120 ? 17 : 13)),
    svg("text", { class: "lanerole", x: 6, y: y + 18 }, short(roles([...lane.roles]), LANE.left > 120 ? 24 : 17))];
}

function arrow({ x, hop }, y, when) {
  const from = y.get(hop.from), to = y.get(hop.to), down = Math.sign(to - from) || 1, name = SEVERITIES[hop.severity];
  const said = technique(hop.technique) + " " + when + ": " + time(hop.start) + " UTC, from " + hop.from.label + " to " + hop.to.label + " as " + shown(who(hop.account, hop.domain)) + ", " + name + " " + hop.score;
  return svg("a", { href: "#hop/" + encodeURIComponent(hop.id), class: "arrow s-" + name },
    svg("title", {}, said),
    svg("line", { class: "hit", x1: x, x2: x, y1: from, y2: to }),
    svg("line", { class: "shaft", x1: x, x2: x, y1: from, y2: to - 7 * down }),
    svg("circle", { class: "foot", cx: x, cy: from, r: 4 }),
    svg("path", { class: "head", d: "M" + (x - 5) + " " + (to - 9 * down) + " L" + (x + 5) + " " + (to - 9 * down) + " L" + x + " " + to + " Z" }),
    svg("text", { x: x + 8, y: (from + to) / 2 - 2 }, technique(hop.technique)),
    svg("text", { class: "small", x: x + 8, y: (from + to) / 2 + 11 }, when));
}

function mark({ x, mark: effect }, y) {
  const at = y.get(effect.host), before = effect.leg === "before";
  const shape = before ? "M" + x + " " + (at - 6) + " l6 6 l-6 6 l-6 -6 Z" : "M" + (x - 6) + " " + (at + 5) + " l6 -11 l6 11 Z";
  return svg("path", { class: "effect " + (before ? "before" : "after"), d: shape, role: "img", "aria-label": time(effect.at) + " " + effect.leg + ": " + short(effect.text, 200) },
    svg("title", {}, time(effect.at) + " UTC, " + effect.leg + ": " + short(effect.text, 400)));
}
