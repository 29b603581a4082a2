// The page of one hop: what happened, the three legs, the reasons, and why the score is not another.

function attackLinks(ids) {
  const good = ids.filter((id) => /^T\d{4}(\.\d{3})?$/.test(id));
  return good.map((id, i) => [i ? " " : "", el("a", { class: "attack", href: "https://attack.mitre.org/techniques/" + id.replace(".", "/") + "/", target: "_blank", rel: "noopener noreferrer" }, id)]);
}

function hopView(root, id) {
  const row = BY_ID.get(id);
  if (!row) return empty(root, el("p", { class: "empty" }, "No hop of this id is in the report."));
  const hop = details(row);
  if (!hop) return waitFor(root, () => hopView(root, id));
  const path = PATH_OF.get(id);
  empty(root, el("article", { class: "hop" },
    crumbs(row, path), el("h1", {}, badge(row.severity, row.score, row.alert), " ", hopSentence(row)),
    el("p", { class: "lead" }, story(row, hop)), facts(row, hop),
    el("h2", {}, "Three proofs"), el("div", { class: "legcards" }, LEGS.map((leg) => legCard(hop, leg, hop.legs[leg]))),
    around(hop), reasonPart(hop), whyPart(hop)));
  document.title = row.from.label + " → " + row.to.label + " · hopwatch";
  return undefined;
}

// The rest of the file is still being read: try again when it is there.
function waitFor(root, then) {
  empty(root, el("p", { class: "empty" }, "Reading the rest of the file …"));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", then, { once: true });
  else empty(root, el("p", { class: "empty" }, "This file is cut short: the details of this hop are not in it."));
}

function crumbs(row, path) {
  const list = kept(), at = list.indexOf(row), before = list[at - 1], after = at >= 0 ? list[at + 1] : undefined;
  return el("nav", { class: "crumbs", "aria-label": "Where this is" },
    el("a", { href: "#table" }, "All hops"), path ? [" · ", el("a", { href: "#path/" + encodeURIComponent(path.path) }, "Its path (" + count(path.hops.length, "hop") + ")")] : null,
    el("span", { class: "steps" }, before ? el("a", { href: "#hop/" + encodeURIComponent(before.id), rel: "prev" }, "← graver") : null, " ",
      after ? el("a", { href: "#hop/" + encodeURIComponent(after.id), rel: "next" }, "next →") : null));
}

function story(row, hop) {
  const state = hop.alert ? "This is an alert." : hop.suppressed_by ? ["Suppressed: ", long(hop.suppressed_by, 200), "."] : "This is no alert.";
  const seen = LEGS.filter((leg) => hop.legs[leg] === "seen").map((leg) => WORDS.leg[leg].toLowerCase());
  return ["On ", time(row.start), " UTC ", who(hop.account.name, hop.account.domain), " moved from ", ends(row.from, hop.source), " to ", ends(row.to, hop.target), " by ", technique(hop.technique), ". ",
    seen.length ? "Seen: " + listed(seen) + ". " : "None of the three proofs was seen. ", state];
}

function ends(one, given) {
  const about = [given.host && given.ip ? given.ip : null, roles(given.roles || [])].filter(Boolean).join(", ");
  return [el("strong", {}, one.label), about ? " (" + shown(about) + ")" : ""];
}

function facts(row, hop) {
  const source = hop.source, auth = hop.auth, rest = hop.techniques.slice(1).map(technique);
  const rows = [
    ["Time", span(row.start, row.end)],
    ["Source", [fullName(source, row.from), source.port ? ", port " + source.port : "", source.known_by ? [" ", el("span", { class: "muted" }, "known by " + (own(WORDS.known_by, source.known_by) || short(source.known_by, 60)))] : ""]],
    ["Target", fullName(hop.target, row.to)],
    ["Account", [short(who(hop.account.name, hop.account.domain), 200), hop.account.also.length ? el("span", { class: "muted" }, ", also " + listed(hop.account.also.map((one) => short(one, 80)), 6)) : ""]],
    ["Logon", auth.package || auth.logon_type ? [short(auth.package || "", 60), auth.logon_type ? ", type " + auth.logon_type : "", auth.elevated ? ", elevated" : "", hop.account.logon_id ? ", id " + hop.account.logon_id : ""] : null],
    ["Unusual", auth.flags.length ? auth.flags.map((flag) => short(flag, 60).replaceAll("_", " ")).join(", ") : null],
    ["Technique", [technique(hop.technique), rest.length ? el("span", { class: "muted" }, ", also " + listed(rest)) : ""]],
    ["ATT&CK", hop.attack.length ? attackLinks(hop.attack) : null],
    ["Id", [el("code", {}, hop.id), " ", copier(hop.id, "Copy id")]],
  ];
  return el("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function fullName(given, one) {
  return [short(given.host || given.ip || one.label, 200), given.host && given.ip ? " (" + shown(given.ip) + ")" : "", given.roles?.length ? ", " + roles(given.roles) : ""];
}

function around(hop) {
  const legs = ["source", "before", "after"].filter((leg) => hop.evidence.some((one) => one.leg === leg));
  const hidden = hop.evidence_total - hop.evidence.length;
  return [legs.length ? [el("h2", {}, "Around it"), el("div", { class: "legcards" }, legs.map((leg) => legCard(hop, leg, null)))] : null,
    hidden > 0 ? el("p", { class: "muted" }, "The report holds " + hop.evidence.length + " of " + number(hop.evidence_total) + " pieces of evidence: the first and last of each kind before others.") : null,
    hop.records ? null : el("p", { class: "muted" }, "The page holds the raw fields of the gravest " + number(META.kept_records) + " hops only; the pointers lead to the records of this one.")];
}

function reasonPart(hop) {
  const most = Math.max(1, ...hop.reasons.map((one) => Math.abs(one.points)));
  return [el("h2", {}, "Reasons"), el("ul", { class: "reasons" }, hop.reasons.map((one) => {
    const bar = el("span", { class: "bar" + (one.points < 0 ? " minus" : ""), "aria-hidden": "true" });
    bar.style.width = Math.abs(one.points) / most * 100 + "%";
    return el("li", {}, el("span", { class: "points" }, one.points ? (one.points > 0 ? "+" : "−") + Math.abs(one.points) : "·"), el("span", { class: "track", "aria-hidden": "true" }, bar), el("span", {}, long(one.text)));
  }))];
}

function whyPart(hop) {
  const why = whyNot(hop), list = (items) => el("ul", {}, items.map((one) => el("li", {}, one)));
  return [el("h2", {}, "Why " + hop.score + ", and " + hop.severity), el("p", {}, why.sum),
    el("div", { class: "whys" }, el("section", {}, el("h3", {}, "Why not higher"), list(why.higher)), el("section", {}, el("h3", {}, "Why not lower"), list(why.lower)))];
}
