-- How each hop authenticated, and what about that is not as it should be.

-- NTLM logons: as the target logged them, failing that as a sensor saw them (which says nothing of session keys).
CREATE OR REPLACE TEMP TABLE hop_ntlm AS
WITH logged AS (
    SELECT DISTINCT i.hop, i.target, l.time, l.ip, l.src_host, l.account, lower(l.domain) AS domain, l.key_length = 0 AS keyless,
        short_name(l.workstation) AS workstation
    FROM hop_item i JOIN logon l ON l.key = i.key
    WHERE i.kind = 'logon' AND NOT i.is_local AND l.package = 'NTLM' AND NOT nobody(l.account)
)
FROM logged
UNION ALL
SELECT DISTINCT i.hop, i.target, n.time, n.orig_ip, i.src_host, n.user_name, lower(n.domain), FALSE, short_name(n.client_name)
FROM hop_item i JOIN ntlm_activity n ON n.key = i.key
WHERE i.kind = 'act' AND i.hop NOT IN (SELECT hop FROM logged) AND NOT coalesce(nobody(n.user_name), TRUE);

-- NTLM where the account, the pair of hosts, or all three of them otherwise use Kerberos; accounts of the target itself
-- (or of the source) have no choice.
CREATE OR REPLACE TEMP TABLE hop_fallback AS
WITH kerberos AS (SELECT DISTINCT account, ip, target FROM fact_authentication WHERE package = 'Kerberos'),
by_account AS (SELECT DISTINCT account, target FROM kerberos), by_pair AS (SELECT DISTINCT ip, target FROM kerberos),
accounts AS (SELECT DISTINCT account FROM kerberos), clients AS (SELECT DISTINCT ip FROM kerberos),
servers AS (SELECT target FROM kerberos GROUP BY target HAVING count(DISTINCT account) >= 2),
known AS (
    SELECT n.hop, n.account, n.target, n.time, n.ip, n.src_host, CASE WHEN a.account IS NOT NULL THEN 'account' WHEN p.ip IS NOT NULL THEN 'pair'
        WHEN o.account IS NOT NULL AND c.ip IS NOT NULL AND s.target IS NOT NULL THEN 'domain' END AS usual
    FROM hop_ntlm n LEFT JOIN by_account a ON a.account = n.account AND a.target = n.target
    LEFT JOIN by_pair p ON p.ip = n.ip AND p.target = n.target
    LEFT JOIN accounts o ON o.account = n.account LEFT JOIN clients c ON c.ip = n.ip LEFT JOIN servers s ON s.target = n.target
    WHERE NOT machine_account(n.account) AND n.domain IS NOT NULL
      AND n.domain NOT IN (n.target, coalesce(n.src_host, ''), coalesce(n.workstation, ''), '.', 'workgroup')
)
SELECT k.hop, min(k.usual) AS usual, any_value(k.account) AS account, bool_or(a.ip IS NOT NULL) AS by_address
FROM known k LEFT JOIN hop_address t ON t.hop = k.hop AND t.side = 'target'
LEFT JOIN fact_addressed a ON a.ip = t.ip AND a.client IN (k.ip, k.src_host) AND a.hour = date_trunc('hour', k.time)
WHERE k.usual IS NOT NULL GROUP BY k.hop;

-- Whose logon it says it is: the host that a workstation name or a machine account names.
CREATE OR REPLACE TEMP TABLE relay_claim AS
WITH strong AS (  -- what shows that a host has an address, and when
    SELECT host, ip, hour, first, last FROM fact_address WHERE source IN ('own', 'machine_logon', 'ticket') AND hour IS NOT NULL
), claim AS (
    SELECT *, CASE WHEN machine_account(account) THEN rtrim(account, '$') ELSE workstation END AS victim FROM hop_ntlm
    WHERE ip IS NOT NULL
), meant AS (
    SELECT c.*, unnest([date_trunc('hour', time) - INTERVAL 1 HOUR, date_trunc('hour', time), date_trunc('hour', time) + INTERVAL 1 HOUR]) AS meet
    FROM claim c WHERE victim IS NOT NULL AND victim NOT IN (target, coalesce(src_host, ''))
), elsewhere AS (  -- that host spoke from another address within the hour
    SELECT DISTINCT m.hop, m.target, m.time, m.ip, m.account, m.victim, m.keyless, s.ip AS victim_ip
    FROM meant m JOIN strong s ON s.host = m.victim AND s.hour = m.meet AND s.ip <> m.ip
    WHERE m.time BETWEEN s.first - INTERVAL 1 HOUR AND s.last + INTERVAL 1 HOUR
), whole_span AS (
    SELECT host, ip, min(hour) - INTERVAL 1 DAY AS first, max(hour) + INTERVAL 25 HOUR AS last, count(*) FILTER (hour IS NULL) > 0 AS always
    FROM fact_address WHERE source <> 'workstation' GROUP BY ALL
), shared AS (  -- network address translation: an address that is no one host's, from which several known hosts speak
    SELECT w.ip FROM fact_address w WHERE w.source IN ('workstation', 'machine_logon', 'ticket')
      AND w.host IN (SELECT host FROM strong) AND w.ip NOT IN (SELECT ip FROM fact_address WHERE source = 'own')
    GROUP BY w.ip HAVING count(DISTINCT w.host) >= 2
)
SELECT e.*, h.ip IS NOT NULL AS shared FROM elsewhere e
LEFT JOIN whole_span s ON s.host = e.victim AND s.ip = e.ip AND (s.always OR e.time BETWEEN s.first AND s.last)
LEFT JOIN shared h ON h.ip = e.ip
WHERE s.host IS NULL;

-- A name is the client's own word. It is a relayed logon where something else says so too: the logon has no session
-- key, the named host called the relaying one just before, it was asked to, or the session did more than read.
CREATE OR REPLACE TEMP TABLE hop_relay AS
WITH called AS (
    SELECT DISTINCT c.hop, c.victim FROM relay_claim c JOIN fact_reach r ON r.src_ip = c.victim_ip AND r.resp_ip = c.ip
    WHERE r.slot BETWEEN c.time - INTERVAL 10 MINUTE AND c.time
), coerced AS (
    SELECT c.hop, c.victim, arg_max(f.how, (f.sure, f.last, f.how)) AS how, bool_or(f.sure) AS sure, max(f.record_id) AS record_id,
        arg_max(f.from_ip, (f.sure, f.last, f.from_ip)) AS from_ip
    FROM relay_claim c JOIN fact_coercion f ON f.host = c.victim OR f.host_ip = c.victim_ip
    WHERE f.first <= c.time AND f.last >= c.time - INTERVAL 10 MINUTE AND (f.sure OR f.from_ip = c.ip)
    GROUP BY ALL
), acted AS (
    SELECT hop FROM contribution GROUP BY hop HAVING bool_or(policy IN ('artefact', 'dual_use', 'act'))
), wont AS (  -- where an account has come from for longer than a day, it has an address that we do not know
    SELECT account, ip, min(first) AS first FROM fact_authentication WHERE package LIKE 'NTLM%' GROUP BY ALL
), said AS (
    SELECT c.hop, c.victim, c.account, c.ip, c.target, c.time, machine_account(c.account) AS machine, min(c.victim_ip) AS victim_ip,
        bool_or(c.keyless) AS keyless, bool_or(k.hop IS NOT NULL) AS called, any_value(o.how) AS coerced, any_value(o.sure) AS sure,
        any_value(o.record_id) AS coercion_record, any_value(o.from_ip) AS coerced_from,
        bool_or(a.hop IS NOT NULL AND w.ip IS NULL) AND NOT bool_or(c.shared) AS acted
    FROM relay_claim c LEFT JOIN wont w ON w.account = c.account AND w.ip = c.ip AND w.first < c.time - INTERVAL 1 DAY
    LEFT JOIN called k ON k.hop = c.hop AND k.victim = c.victim
    LEFT JOIN coerced o ON o.hop = c.hop AND o.victim = c.victim LEFT JOIN acted a ON a.hop = c.hop
    GROUP BY ALL
), signing AS (
    SELECT host, arg_max(required, (last, known_by)) AS required, arg_max(known_by, (last, known_by)) AS known_by
    FROM fact_signing GROUP BY host
)
SELECT s.hop, arg_min({victim: victim, victim_ip: victim_ip, account: account, ip: ip, machine: machine, keyless: keyless, called: called,
    coerced: coerced, coerced_from: coerced_from, coercion_record: coercion_record, required: g.required, signing_by: g.known_by},
    (coerced IS NULL, NOT called, time, victim)) AS relay
FROM said s LEFT JOIN signing g ON g.host = s.target
WHERE keyless OR called OR coerced IS NOT NULL OR acted
GROUP BY s.hop;

-- Other credentials that were taken on at the source before (type 9), and are used here: at once, or by an account that
-- had not come from there before (a service's own work goes on beside an intruder who took its name).
CREATE OR REPLACE TEMP TABLE hop_overlay AS
WITH used AS (
    SELECT h.hop, h.src_host, h.src_ip, h.start, h."end", a.best.account AS account,
        bool_or(l.package = 'NTLM') AS ntlm
    FROM hop h JOIN hop_account a USING (hop) JOIN hop_item i USING (hop) JOIN logon l ON l.key = i.key AND i.kind = 'logon'
    WHERE h.src_host IS NOT NULL AND l.account = a.best.account GROUP BY ALL
), settled_in AS (SELECT account, ip, min(first) AS first FROM fact_authentication GROUP BY ALL),
taken AS (
    SELECT u.hop, max(o.time) AS time, arg_max(o.by_account, (o.time, o.by_account)) AS by_account
    FROM used u JOIN fact_overlay o ON o.host = u.src_host
    LEFT JOIN settled_in s ON s.account = u.account AND s.ip = u.src_ip AND s.first < o.time - INTERVAL 10 SECOND
    WHERE o.account = u.account AND o.time BETWEEN u.start - INTERVAL 12 HOUR AND u."end"
          AND (s.account IS NULL OR o.time >= u.start - INTERVAL 2 MINUTE)
       OR o.account IS NULL AND o.time BETWEEN u.start - INTERVAL 10 MINUTE AND u."end"
    GROUP BY u.hop
), strong_cipher AS (SELECT account FROM fact_ticket WHERE NOT rc4 GROUP BY account)
SELECT u.hop, u.account, u.ntlm, t.time, t.by_account, epoch(u.start) - epoch(t.time) AS seconds,
    bool_or(k.rc4 AND s.account IS NOT NULL) AS weak_ticket
FROM used u JOIN taken t USING (hop)
LEFT JOIN fact_ticket k ON k.account = u.account AND k.ip = u.src_ip AND k.last >= t.time - INTERVAL 1 MINUTE AND k.first <= u."end"
LEFT JOIN strong_cipher s ON s.account = u.account
GROUP BY ALL;

-- Who acted at the source, by its own logs: whoever took on the account, asked for it (4648), or runs the program that
-- connects. The machine itself is `system`.
CREATE OR REPLACE TEMP TABLE hop_actor AS
WITH seen AS (
    SELECT hop, by_account AS actor, 0 AS rank, TRUE AS taken FROM hop_overlay WHERE seconds < 120
    UNION ALL
    SELECT i.hop, i.actor, 1, FALSE FROM hop_item i JOIN hop h USING (hop) WHERE i.leg = 'source' AND i.actor IS NOT NULL AND i.log_host = h.src_host
    UNION ALL
    SELECT f.hop, f.user_name, 2, FALSE FROM hop_flow f JOIN hop h USING (hop)
    WHERE f.host = h.src_host AND NOT f.inbound AND f.user_name IS NOT NULL
      AND coalesce(f.sender, 'system') NOT IN ('system', 'svchost.exe', 'lsass.exe')
)
SELECT s.hop, arg_min(CASE WHEN actor IN ('system', h.src_host || '$') THEN 'system' ELSE actor END, (rank, actor)) AS actor,
    bool_or(taken) AS taken
FROM seen s JOIN hop h USING (hop) WHERE actor NOT IN ('network service', 'local service', '') GROUP BY s.hop;

-- One row for each hop of which anything is to be said.
CREATE OR REPLACE TEMP TABLE hop_auth AS
WITH logged AS (
    SELECT i.hop, bool_or(l.package = 'NTLM' AND l.lm = 'NTLM V1' AND NOT nobody(l.account)) AS ntlmv1,
        bool_or(l.logon_type = 8) AS cleartext, bool_or(l.package = 'NTLM' AND l.key_length = 0 AND NOT nobody(l.account)) AS keyless,
        bool_or(l.account = 'anonymous logon') AS anonymous, bool_or(l.account = 'guest' OR l.sid LIKE '%-501') AS guest
    FROM hop_item i JOIN logon l ON l.key = i.key WHERE i.kind = 'logon' AND NOT i.is_local GROUP BY i.hop
), plain AS (
    FROM logged
    UNION ALL  -- what only a sensor saw
    SELECT hop, FALSE, FALSE, FALSE, FALSE, FALSE FROM (SELECT hop FROM hop_relay UNION SELECT hop FROM hop_fallback)
    WHERE hop NOT IN (SELECT hop FROM logged)
)
SELECT p.*, f.usual, f.account AS fallback_account, coalesce(f.by_address, FALSE) AS by_address, r.relay,
    CASE WHEN o.hop IS NOT NULL THEN {account: o.account, ntlm: o.ntlm, by_account: o.by_account, seconds: o.seconds, weak_ticket: o.weak_ticket} END AS overlay
FROM plain p LEFT JOIN hop_fallback f USING (hop) LEFT JOIN hop_relay r USING (hop) LEFT JOIN hop_overlay o USING (hop)
WHERE ntlmv1 OR cleartext OR keyless OR anonymous OR guest OR f.hop IS NOT NULL OR r.hop IS NOT NULL OR o.hop IS NOT NULL;
