-- Logons of hops that were relayed: made for one host, by another.

-- NTLM logons: as the target logged them, failing that as a sensor saw them (which says nothing of session keys).
CREATE OR REPLACE TEMP TABLE hop_ntlm AS
WITH logged AS (
    SELECT DISTINCT i.hop, i.target, l.time, l.ip, l.src_host, l.account, lower(l.domain) AS domain, l.key_length = 0 AS keyless,
        short_name(l.workstation) AS workstation, FALSE AS sensed
    FROM hop_item i JOIN logon l ON l.key = i.key
    WHERE i.kind = 'logon' AND NOT i.is_local AND l.package = 'NTLM' AND NOT nobody(l.account)
)
FROM logged
UNION ALL
SELECT DISTINCT i.hop, i.target, n.time, n.orig_ip, i.src_host, n.user_name, lower(n.domain), FALSE, short_name(n.client_name), TRUE
FROM hop_item i JOIN ntlm_activity n ON n.key = i.key
WHERE i.kind = 'act' AND i.hop NOT IN (SELECT hop FROM logged) AND NOT coalesce(nobody(n.user_name), TRUE);

-- Whose logon it says it is: the host that a workstation name or a machine account names.
CREATE OR REPLACE TEMP TABLE relay_claim AS
WITH strong AS (  -- what shows that a host has an address, and when
    SELECT host, ip, hour, first, last FROM fact_address WHERE source IN ('own', 'machine_logon', 'ticket') AND hour IS NOT NULL
), claim AS (
    FROM (SELECT *, CASE WHEN machine_account(account) THEN rtrim(account, '$') ELSE workstation END AS victim FROM hop_ntlm)
    WHERE ip IS NOT NULL AND victim IS NOT NULL AND victim NOT IN (target, coalesce(src_host, ''))
), meant AS (
    SELECT c.*, unnest([date_trunc('hour', time) - INTERVAL 1 HOUR, date_trunc('hour', time), date_trunc('hour', time) + INTERVAL 1 HOUR]) AS meet
    FROM claim c
), near AS (  -- that host spoke from another address within the hour
    SELECT DISTINCT m.hop, m.target, m.time, m.ip, m.account, m.victim, m.keyless, s.ip AS victim_ip
    FROM meant m JOIN strong s ON s.host = m.victim AND s.hour = m.meet AND s.ip <> m.ip
    WHERE m.time BETWEEN s.first - INTERVAL 1 HOUR AND s.last + INTERVAL 1 HOUR
), last_known AS (  -- a quiet host: the address that it had last, within the day before
    SELECT c.hop, c.target, c.time, c.ip, c.account, c.victim, c.keyless, arg_max(s.ip, (s.first, s.ip)) AS victim_ip
    FROM claim c JOIN (FROM strong UNION ALL SELECT host, ip, hour, first, last FROM fact_address WHERE source = 'dhcp') s
        ON s.host = c.victim AND s.first <= c.time AND s.last >= c.time - INTERVAL 1 DAY
    GROUP BY ALL
), elsewhere AS (
    SELECT *, FALSE AS quiet FROM near
    UNION ALL
    SELECT *, TRUE FROM last_known l WHERE victim_ip <> ip AND NOT EXISTS (FROM near n WHERE n.hop = l.hop AND n.victim = l.victim)
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
-- key, the named host called the relaying one just before, it was asked to, or the session did more than read. Where that
-- host was quiet, only its own call, or that it was asked to, says so.
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
        bool_or(c.keyless AND NOT c.quiet) AS keyless, bool_or(k.hop IS NOT NULL) AS called, any_value(o.how) AS coerced, any_value(o.sure) AS sure,
        any_value(o.record_id) AS coercion_record, any_value(o.from_ip) AS coerced_from,
        bool_or(a.hop IS NOT NULL AND w.ip IS NULL) AND NOT bool_or(c.shared OR c.quiet) AS acted
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
