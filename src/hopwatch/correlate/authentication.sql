-- How each hop that is told authenticated, and what about that is not as it should be.

-- NTLM where the account, the pair of hosts, or all three of them otherwise use Kerberos; accounts of the target itself
-- (or of the source) have no choice.
CREATE OR REPLACE TEMP TABLE hop_fallback AS
WITH kerberos AS (SELECT account, ip, target FROM fact_authentication WHERE package = 'Kerberos' UNION FROM fact_granted),
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

-- Other credentials that were taken on at the source before (type 9), and are used here: at once, or by an account that
-- had not come from there before (a service's own work goes on beside an intruder who took its name).
CREATE OR REPLACE TEMP TABLE hop_overlay AS
WITH used AS (
    SELECT h.hop, h.src_host, h.src_ip, h.start, h."end", a.best.account AS account,
        bool_or(l.package = 'NTLM') AS ntlm
    FROM hop h SEMI JOIN told_hop USING (hop) JOIN hop_account a USING (hop) JOIN hop_item i USING (hop) JOIN logon l ON l.key = i.key AND i.kind = 'logon'
    WHERE h.src_host IS NOT NULL AND l.account = a.best.account GROUP BY ALL
    UNION  -- what only a sensor saw
    SELECT h.hop, h.src_host, h.src_ip, h.start, h."end", n.account, TRUE FROM hop h SEMI JOIN told_hop USING (hop) JOIN hop_ntlm n USING (hop)
    WHERE h.src_host IS NOT NULL AND n.sensed
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
    FROM hop_item i SEMI JOIN told_hop USING (hop) JOIN logon l ON l.key = i.key
    WHERE i.kind = 'logon' AND NOT i.is_local GROUP BY i.hop
), plain AS (
    FROM logged
    UNION ALL  -- what only a sensor saw
    SELECT hop, FALSE, FALSE, FALSE, FALSE, FALSE
    FROM (SELECT hop FROM hop_relay UNION SELECT hop FROM hop_fallback UNION SELECT hop FROM hop_overlay)
    WHERE hop NOT IN (SELECT hop FROM logged)
)
SELECT p.*, f.usual, f.account AS fallback_account, coalesce(f.by_address, FALSE) AS by_address, r.relay,
    CASE WHEN o.hop IS NOT NULL THEN {account: o.account, ntlm: o.ntlm, by_account: o.by_account, seconds: o.seconds, weak_ticket: o.weak_ticket} END AS overlay
FROM plain p LEFT JOIN hop_fallback f USING (hop) LEFT JOIN hop_relay r USING (hop) LEFT JOIN hop_overlay o USING (hop)
WHERE ntlmv1 OR cleartext OR keyless OR anonymous OR guest OR f.hop IS NOT NULL OR r.hop IS NOT NULL OR o.hop IS NOT NULL;
