// The legs of a hop side by side, each with its records; raw fields are drawn when they are asked for.

const FIRST = 6; // records of a leg that are shown at once

function legCard(hop, leg, state) {
  const found = hop.evidence.filter((one) => one.leg === leg);
  return el("section", { class: "legcard " + (state || "seen"), "aria-label": WORDS.leg[leg] },
    el("h3", {}, state ? el("span", { class: "mark " + state, "aria-hidden": "true" }, MARKS[state]) : null, WORDS.leg[leg],
      state ? el("span", { class: "statename" }, WORDS.state[state]) : null),
    state === "not_collected" ? el("p", {}, "No log was here that could have shown it. It would take: ", needs(hop, leg), ".") : null,
    state === "absent" ? el("p", {}, "A kind of event that would have shown it was collected there within the hour, and shows nothing. It could stand in: ", needs(hop, leg), ".") : null,
    recordList(hop, found));
}

function needs(hop, leg) {
  const known = WORDS.needs[leg];
  return typeof known === "string" ? known : own(known, hop.technique) || known.other;
}

// One entry a record, whatever number of rules it matched.
function recordList(hop, found) {
  const groups = new Map();
  for (const one of found) push(groups, keyOf(one), one);
  const records = [...groups.values()];
  if (!records.length) return null;
  const list = el("ol", { class: "records" }, records.slice(0, FIRST).map((members) => recordItem(hop, members)));
  if (records.length <= FIRST) return list;
  const more = button("Show " + number(records.length - FIRST) + " more", () => {
    add(list, records.slice(FIRST).map((members) => recordItem(hop, members)));
    more.remove();
  }, { class: "more" });
  return [list, more];
}

function keyOf(one) {
  return [one.file, one.channel, one.event_id, one.record_id, one.time].map((part) => part === null ? "" : part).join("|");
}

function logName(one) {
  const channel = shown(one.channel).replace(/^Microsoft-Windows-/, "").replace(/\/Operational$/, "");
  return channel + (one.event_id === null ? "" : " " + one.event_id);
}

function pointer(one) {
  const record = one.record_id === null ? "" : " record " + one.record_id;
  return (one.file || "?") + ": " + logName(one) + record + ", " + one.time + (one.host ? " on " + one.host : "");
}

function recordItem(hop, members) {
  const one = members[0], where = one.record_id === null ? logName(one) : logName(one) + " #" + one.record_id;
  const rules = [...new Set(members.map((member) => member.signal))].join(", ");
  const [toggle, fields] = rawPart(hop, one);
  return el("li", {},
    el("div", { class: "recordhead" }, el("time", { datetime: shown(one.time) }, shown(one.time).slice(11, 23)), " ",
      el("span", { class: "where" }, short(where, 80)), one.host ? [" ", el("span", { class: "muted" }, "on " + short(one.host, 60))] : null),
    [...new Set(members.map((member) => member.text))].map((text) => el("div", { class: "said" }, long(text))),
    el("div", { class: "recordfoot" }, el("span", { class: "muted rule", title: "said by: " + shown(rules) }, short(rules, 120)), toggle, copier(pointer(one))), fields);
}

function rawPart(hop, one) {
  const key = keyOf(one), found = (hop.records || []).filter(([name]) => name === key).map(([, fields]) => fields);
  if (!found.length) return [null, null];
  const fields = el("div", { class: "raw", hidden: true });
  const toggle = button("Raw fields", () => {
    if (!fields.childNodes.length) add(fields, found.map(rawTable));
    fields.hidden = !fields.hidden;
    toggle.setAttribute("aria-expanded", String(!fields.hidden));
  }, { class: "copy", "aria-expanded": "false" });
  return [toggle, fields];
}

function rawTable(fields) {
  return el("table", {}, el("caption", { class: "unseen" }, "Fields of the record"),
    el("tbody", {}, Object.entries(fields).map(([name, value]) =>
      el("tr", {}, el("th", { scope: "row" }, short(name, 60)), el("td", {}, long(typeof value === "object" ? JSON.stringify(value) : value))))));
}
