// Why a score is not higher, and not lower: from its reasons, the weights and the bounds of the severities.

function whyNot(hop) {
  const bounds = META.weights.severity || {}, gains = hop.reasons.filter((one) => one.points > 0);
  const gained = gains.reduce((sum, one) => sum + one.points, 0);
  const lost = hop.reasons.filter((one) => one.points < 0).reduce((sum, one) => sum + one.points, 0);
  return { sum: sumOf(gained, lost, hop.score), higher: higher(hop, bounds), lower: lower(hop, bounds, gains, gained, lost) };
}

function sumOf(gained, lost, score) {
  const parts = gained > 100 ? "The points add up to " + gained + ", and count as 100" : "The points add up to " + gained;
  return parts + (lost ? "; " + -lost + " are taken off. The score is " + score + "." : ".");
}

function severityOf(score, bounds) {
  return [...SEVERITIES].reverse().find((name) => score >= (bounds[name] ?? 0)) || SEVERITIES[0];
}

function higher(hop, bounds) {
  return raised(higherOf(hop, bounds));
}

// Each sentence begins with a capital letter.
function raised(said) {
  return said.map((one) => typeof one === "string" ? one.charAt(0).toUpperCase() + one.slice(1) : one);
}

function higherOf(hop, bounds) {
  const said = [], rank = SEVERITIES.indexOf(hop.severity), next = SEVERITIES[rank + 1];
  const byPoints = severityOf(hop.score, bounds);
  if (SEVERITIES.indexOf(byPoints) > rank) said.push("The points alone would make it " + byPoints + "; this kind of evidence may not bring it above " + hop.severity + ".");
  else if (next) said.push(next[0].toUpperCase() + next.slice(1) + " begins at " + bounds[next] + ": " + Math.max(0, bounds[next] - hop.score) + " more points would have made it so.");
  else said.push("It has the highest severity there is.");
  for (const leg of LEGS.filter((name) => hop.legs[name] !== "seen")) said.push(missing(hop, leg));
  for (const one of hop.reasons.filter((reason) => reason.points < 0)) said.push([one.points + ": ", long(one.text)]);
  for (const one of hop.reasons.filter((reason) => reason.points === 0)) said.push(long(one.text));
  if (hop.suppressed_by) said.push(["It is no alert, since the context allows it: ", long(hop.suppressed_by)]);
  return said;
}

function missing(hop, leg) {
  const seen = LEGS.filter((name) => hop.legs[name] === "seen"), legs = META.weights.legs || {};
  const both = leg === "network" ? (seen.includes("execution") ? legs.execution_network : legs.logon_network)
    : leg === "logon" ? (seen.includes("execution") ? legs.logon_execution : legs.logon_network)
      : (seen.includes("logon") ? legs.logon_execution : legs.execution_network);
  const worth = both && seen.length ? " Together with what was seen it would add " + both + " points, and its own evidence more." : "";
  const how = hop.legs[leg] === "absent" ? " was looked for and is not there." : " was not collected: nothing says whether it was there.";
  return WORDS.leg[leg] + how + worth;
}

function lower(hop, bounds, gains, gained, lost) {
  const said = [], rank = SEVERITIES.indexOf(hop.severity);
  const byPoints = SEVERITIES.indexOf(severityOf(hop.score, bounds));
  if (byPoints < rank) said.push("The points alone would make it " + SEVERITIES[byPoints] + "; this kind of evidence never counts for less than " + hop.severity + ".");
  const strongest = [...gains].sort((a, b) => b.points - a.points)[0];
  if (strongest) {
    const without = Math.max(0, Math.min(100, gained - strongest.points) + lost);
    const then = severityOf(without, bounds);
    const same = SEVERITIES.indexOf(then) >= rank ? "still " + then : then;
    said.push(["Without its strongest reason (", long(strongest.text, 160), ") the score would be " + without + ", by points " + same + "."]);
  }
  const seen = LEGS.filter((leg) => hop.legs[leg] === "seen").map((leg) => WORDS.leg[leg].toLowerCase());
  if (seen.length > 1) said.push(listed(seen) + " each show it for themselves.");
  if (!gains.length) said.push("Nothing adds points.");
  return raised(said);
}
