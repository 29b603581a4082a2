// The timeline: hops in order of time, with what went before them on the source and came after them on the target.

const MOST_EVENTS = 300;

function steps(hops, effects) {
  return [...hops.map((hop) => ({ at: hop.start, hop })), ...effects.map((effect) => ({ at: effect.at, effect }))].sort((a, b) => a.at - b.at);
}

function eventItem(one) {
  if (one.effect) {
    return el("li", { class: "event effect " + one.effect.leg }, el("time", {}, time(one.at)), el("span", { class: "dot", "aria-hidden": "true" }, one.effect.leg === "before" ? "◆" : "▲"),
      el("span", {}, el("span", { class: "tag" }, one.effect.leg === "before" ? "before" : "after"), " on ", el("strong", {}, one.effect.host.label), ": ", long(one.effect.text, 240)));
  }
  const hop = one.hop;
  return el("li", { class: "event" + (hop.suppressed ? " off" : "") }, el("time", {}, time(one.at)), el("span", { class: "dot s-" + SEVERITIES[hop.severity], "aria-hidden": "true" }, "●"),
    el("span", {}, badge(hop.severity, hop.score, hop.alert), " ", el("a", { href: "#hop/" + encodeURIComponent(hop.id) }, hopSentence(hop)), " ", legMarks(hop.legs)));
}

function timelineView(root) {
  document.title = "Timeline · hopwatch";
  const part = el("div", {});
  let most = MOST_EVENTS;
  const draw = () => {
    const hops = kept(), ids = new Set(hops.map((hop) => hop.id));
    const paths = PATHS.filter((path) => path.hops.some((id) => ids.has(id)));
    const extra = paths.flatMap((path) => path.effects).filter((one) => (FILTER.from === null || Date.parse(one.time) >= FILTER.from) && (FILTER.to === null || Date.parse(one.time) <= FILTER.to));
    const effects = effectsOf(hops, { effects: extra }), events = steps(hops, effects);
    if (!hops.length) return empty(part, el("p", { class: "empty" }, nothing()));
    let day = "";
    const items = events.slice(0, most).flatMap((one) => {
      const today = time(one.at).slice(0, 10), head = today === day ? [] : [el("li", { class: "day" }, el("h2", {}, today))];
      day = today;
      return [...head, eventItem(one)];
    });
    return empty(part, drawLanes(hops, effects), el("ol", { class: "events" }, items),
      events.length > most ? button("Show " + number(Math.min(500, events.length - most)) + " more of " + number(events.length - most), () => { most += 500; draw(); }) : null);
  };
  empty(root, el("h1", {}, "Timeline"), part);
  LISTENERS.add(draw);
  draw();
  return () => LISTENERS.delete(draw);
}
