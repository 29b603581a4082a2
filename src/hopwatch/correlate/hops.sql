-- Hops: islands with their source settled, two accounts parted where each moved by itself, and what each hop says.

CREATE OR REPLACE TEMP TABLE settled AS
SELECT i.target, i.island AS from_island, coalesce(g.to_island, i.island) AS island
FROM island i LEFT JOIN merged g USING (island);

CREATE OR REPLACE TEMP TABLE in_island AS
SELECT l.*, s.island, c.account AS chain_account
FROM live l
JOIN piece_island p ON p.piece = hash(l.target, l.chain, l.hour)
JOIN settled s ON s.from_island = p.island
JOIN chain c ON c.target = l.target AND c.chain = l.chain;

-- A ticket that no logon claimed was fetched for the island that its holder's address began just then.
INSERT INTO in_island BY NAME
WITH near AS (
    SELECT t.id, s.island, greatest(epoch(t.time) - epoch(i.first), (epoch(i.first) - epoch(t.time)), 0) AS gap
    FROM item t JOIN island i ON i.target = t.target AND (i.src = t.src_host OR i.src_ip = t.src_ip)
    JOIN settled s ON s.from_island = i.island
    WHERE t.kind = 'ticket' AND t.id NOT IN (SELECT id FROM in_island)
      AND t.time BETWEEN i.first - INTERVAL (@WINDOW@) SECOND AND i.last + INTERVAL 2 SECOND
)
SELECT t.*, n.island, hash('ticket', t.id) AS chain, FALSE AS by_time
FROM (SELECT id, arg_min(island, (gap, island)) AS island FROM near GROUP BY id) n JOIN item t USING (id);

-- Connections alone tell of movement only by their shape: a WinRM, RDP, SQL or SSH connection; RPC to a host that is no
-- directory; SMB to such a host, of unknown size, or over which the client sent much and more than it got.
CREATE OR REPLACE TEMP TABLE silent_island AS
SELECT s.island
FROM flow_island f JOIN settled s ON s.from_island = f.island JOIN carrier c USING (key)
WHERE s.island NOT IN (SELECT island FROM in_island WHERE kind <> 'ticket')
GROUP BY s.island
HAVING NOT bool_or(c.family IN ('winrm', 'rdp', 'mssql', 'ssh') OR com_server(c.receiver)
    OR c.resp_ip NOT IN (SELECT ip FROM fact_directory)
       AND (c.family <> 'smb' OR c.orig_bytes IS NULL OR c.orig_bytes >= 100000 AND c.orig_bytes > c.resp_bytes));

-- Two user accounts are two hops only where each has its own logon and its own execution.
CREATE OR REPLACE TEMP TABLE mover AS
SELECT island, chain_account AS account FROM in_island
WHERE chain_account IS NOT NULL AND NOT machine_account(chain_account)
GROUP BY ALL
HAVING bool_or(kind = 'logon' AND NOT is_local) AND bool_or(leg = 'execution' AND NOT by_time);

CREATE OR REPLACE TEMP TABLE hop_item AS
WITH several AS (SELECT island, list(account ORDER BY account) AS accounts FROM mover GROUP BY island HAVING count(*) > 1)
SELECT i.*, hash(island, CASE WHEN s.accounts IS NOT NULL THEN
    CASE WHEN list_contains(s.accounts, chain_account) THEN chain_account ELSE s.accounts[1] END END) AS hop
FROM in_island i LEFT JOIN several s USING (island)
WHERE island NOT IN (SELECT island FROM silent_island);

CREATE OR REPLACE TEMP TABLE hop_flow AS
SELECT c.*, s.island, unnest(coalesce(h.hops, [hash(s.island, NULL)])) AS hop
FROM flow_island f JOIN settled s ON s.from_island = f.island JOIN carrier c USING (key)
LEFT JOIN (SELECT island, list(DISTINCT hop) AS hops FROM hop_item GROUP BY island) h ON h.island = s.island
WHERE s.island NOT IN (SELECT island FROM silent_island);

-- Who moved: the account of the remote logon that carried the execution, failing that the source side's.
CREATE OR REPLACE TEMP TABLE hop_account AS
WITH carried AS (SELECT DISTINCT hop, chain FROM hop_item WHERE leg = 'execution'),
ranked AS (
    SELECT i.*, CASE
        WHEN machine_account(account) THEN 7
        WHEN kind = 'logon' AND c.chain IS NOT NULL THEN 0
        WHEN leg = 'execution' AND logon_id IS NOT NULL AND NOT by_time THEN 1
        WHEN kind = 'logon' THEN 2
        WHEN leg = 'source' AND account IS DISTINCT FROM actor THEN 3  -- it names who is to log on; others, who sits there
        WHEN leg = 'source' THEN 4
        WHEN logon_id IS NOT NULL AND NOT by_time THEN 5
        ELSE 6 END AS rank
    FROM hop_item i LEFT JOIN carried c ON c.hop = i.hop AND c.chain = i.chain
    WHERE account IS NOT NULL AND NOT own_account(account) AND leg NOT IN ('before', 'after')
)
SELECT hop, arg_min({account: account, shown: shown, domain: domain, sid: sid, logon_id: logon_id, key: key}, (rank, time, id)) AS best,
    list(DISTINCT shown) AS accounts
FROM ranked GROUP BY hop;

CREATE OR REPLACE TEMP TABLE hop_logon AS
SELECT i.hop, arg_min({logon_type: l.logon_type, package: l.package, process: l.process, elevated: l.elevated,
        key_length: l.key_length, workstation: l.workstation}, (i.account <> a.best.account, i.logon_id <> coalesce(a.best.logon_id, 0), i.time, i.id)) AS logon
FROM hop_item i JOIN logon l ON l.key = i.key AND i.kind = 'logon' LEFT JOIN hop_account a ON a.hop = i.hop
WHERE NOT i.is_local GROUP BY i.hop;

-- What went before, from the same source or by the same account, and what came after on the target, within an hour.
-- An effect counts for one hop: that of its own session, else of its account, else the last that began before it.
CREATE OR REPLACE TEMP TABLE hop_effect AS
WITH span AS (
    SELECT hop, target, min(time) AS start, max(time) AS "end", list(DISTINCT chain) AS chains,
        list(DISTINCT account) AS accounts, list(DISTINCT src_ip) AS ips
    FROM hop_item GROUP BY hop, target
), near AS (
    SELECT p.id, s.hop, (NOT list_contains(s.chains, p.chain), NOT coalesce(list_contains(s.accounts, p.account), FALSE),
        abs(epoch(s.start) - epoch(p.time)), s.hop) AS quality
    FROM placed p JOIN span s USING (target)
    WHERE p.leg = 'after' AND p.time BETWEEN s.start AND s."end" + INTERVAL 1 HOUR
       OR p.leg = 'before' AND p.time BETWEEN s.start - INTERVAL 1 HOUR AND s.start
          AND (list_contains(s.ips, p.src_ip) OR p.src_ip IS NULL AND list_contains(s.accounts, p.account))
)
SELECT p.*, n.hop FROM (SELECT id, arg_min(hop, quality) AS hop FROM near GROUP BY id) n JOIN placed p USING (id);

-- Every piece of evidence of every hop, signals first, one row a signal and event.
CREATE OR REPLACE TEMP TABLE evidence AS
SELECT hop, target, key, time, leg, rule AS signal, technique, points, policy, remote_origin, log_host AS host, channel, event_id,
    record_id, source_file, text, src_ip, src_host, src_port, known_by, is_local, kind, account,
    kind = 'logon' OR src_ip IS NOT NULL AND leg <> 'source' AS from_remote
FROM hop_item WHERE rule IS NOT NULL
UNION ALL BY NAME
SELECT hop, target, key, time, leg, rule AS signal, points, policy, log_host AS host, channel, event_id, record_id, source_file, text,
    'effect' AS kind, FALSE AS from_remote
FROM hop_effect
UNION ALL BY NAME
SELECT hop, target, key, time, 'network' AS leg, CASE WHEN host IS NULL THEN sensor ELSE 'connection' END || '-' || family AS signal, host, channel, event_id, record_id, source_file,
    format('{}:{} to {}:{}', orig_ip, orig_port, resp_ip, resp_port) AS text, orig_ip AS src_ip, src_host, orig_port AS src_port,
    'connection' AS known_by, 'flow' AS kind, family
FROM hop_flow;

-- The time of a hop is that of its logon, execution and network evidence; where it has none, of its source side.
CREATE OR REPLACE TEMP TABLE hop AS
WITH summed AS (
    SELECT hop, target,
        coalesce(min(time) FILTER (leg IN ('logon', 'execution', 'network')), min(time)) AS start,
        coalesce(max(time) FILTER (leg IN ('logon', 'execution', 'network')), max(time)) AS "end",
        arg_min(src_host, (known_rank(known_by), time, key)) FILTER (src_host IS NOT NULL AND src_host <> target) AS src_host,
        arg_min(src_ip, (known_rank(known_by), time, key)) FILTER (src_ip IS NOT NULL) AS src_ip,
        arg_min(src_port, (known_rank(known_by), time, key)) FILTER (src_port IS NOT NULL) AS src_port,
        arg_min(known_by, (known_rank(known_by), time, key)) FILTER (src_ip IS NOT NULL OR src_host IS NOT NULL) AS known_by,
        list(technique) FILTER (technique IS NOT NULL AND leg IN ('execution', 'source', 'network')) AS acted,
        list(technique) FILTER (technique IS NOT NULL) AS every,
        list(family) FILTER (family IS NOT NULL) AS families,
        bool_or(leg = 'logon' AND kind = 'logon') AS remote_logon,
        arg_min(text, (time, key, signal)) FILTER (from_remote AND kind <> 'logon') AS remote_address,
        arg_min(text, (time, key, signal)) FILTER (remote_origin) AS remote_proof,
        bool_or(kind = 'flow') AND bool_or(kind IN ('act', 'logon')) AS connected,
        [CASE WHEN bool_or(leg = 'logon') THEN 'logon' END, CASE WHEN bool_or(leg = 'execution') THEN 'execution' END,
            CASE WHEN bool_or(leg = 'network') THEN 'network' END] AS legs,
        count(*) AS evidence_total
    FROM evidence GROUP BY ALL
), named AS (
    SELECT *, list_sort(list_distinct(coalesce(acted, every, []))) AS found FROM summed
)
SELECT * EXCLUDE (acted, every, found),
    CASE WHEN len(found) > 0 THEN list_sort(found, 'ASC')
        WHEN list_contains(families, 'winrm') THEN ['winrm_exec']
        WHEN list_contains(families, 'smb') THEN ['smb_access']
        WHEN list_contains(families, 'rdp') THEN ['rdp']
        WHEN list_contains(families, 'mssql') THEN ['mssql']
        WHEN list_contains(families, 'ssh') THEN ['ssh']
        ELSE ['other'] END AS techniques
FROM named;

CREATE OR REPLACE TEMP TABLE hop_technique AS
SELECT hop, list(t ORDER BY r.position) AS techniques, arg_min(t, r.position) AS technique
FROM (SELECT hop, unnest(techniques) AS t FROM hop) JOIN technique_order r ON r.technique = t GROUP BY hop;

-- An event that several rules matched counts by the best of them: a rule has its points where it is best for an event.
CREATE OR REPLACE TEMP TABLE contribution AS
WITH best AS (
    SELECT *, row_number() OVER (PARTITION BY hop, key ORDER BY points DESC NULLS LAST, signal) = 1 AS is_best FROM evidence
)
SELECT hop, signal AS rule, any_value(leg) AS leg, CASE WHEN bool_or(is_best) THEN max(points) ELSE 0 END AS points,
    any_value(policy) AS policy, min(technique) AS technique, arg_min(text, (NOT is_best, time, key)) AS text,
    arg_min(channel, (NOT is_best, time, key)) AS channel, arg_min(event_id, (NOT is_best, time, key)) AS event_id, count(*) AS n
FROM best GROUP BY hop, signal;

-- A source that reaches unusually many hosts in five minutes: many, and many times what it usually reaches.
INSERT INTO contribution BY NAME
WITH width AS (SELECT src_ip, port, slot, count(*) AS n FROM fact_reach GROUP BY ALL),
usual AS (SELECT src_ip, port, median(n) AS n, count(*) AS slots FROM width GROUP BY ALL),
wide AS (
    SELECT w.src_ip, w.port, w.slot, w.n FROM width w JOIN usual u USING (src_ip, port)
    WHERE w.n >= 10 AND (u.slots < 3 OR w.n >= 4 * u.n)
)
SELECT h.hop, 'fan-out' AS rule, 'before' AS leg, 10 AS points, 'weak' AS policy,
    arg_max(format('{} reached {} hosts on port {} within five minutes', h.src_ip, w.n, w.port), (w.n, w.port)) AS text,
    'connections' AS channel, NULL AS event_id, 1 AS n
FROM hop h JOIN wide w ON w.src_ip = h.src_ip AND w.slot BETWEEN h.start - INTERVAL 10 MINUTE AND h."end"
GROUP BY h.hop;

-- What the source asked the DNS for in the hour before: names that nobody else asks for, long random labels.
INSERT INTO contribution BY NAME
WITH asked AS (
    SELECT name, count(DISTINCT client) AS clients, min(first) AS first, regexp_matches(name, '(^|\.)[a-z0-9_-]{30,}\.') AS long_label
    FROM fact_query GROUP BY name
), organisation AS (SELECT count(DISTINCT client) AS clients, min(hour) AS since FROM fact_query),
odd AS (
    SELECT q.client, q.name, q.first, a.long_label
    FROM fact_query q JOIN asked a USING (name) CROSS JOIN organisation o
    WHERE a.clients = 1 AND o.clients >= 10 AND (a.long_label OR a.first >= o.since + INTERVAL 1 DAY)
)
SELECT h.hop, 'rare-dns-name' AS rule, 'before' AS leg, 5 AS points, 'weak' AS policy,
    arg_max(concat('the source asked for ', left(o.name, 120), ', which no other host asks for',
        CASE WHEN o.long_label THEN ' and which has a long label' ELSE '' END), (o.first, o.name)) AS text,
    'dns' AS channel, NULL AS event_id, count(*) AS n
FROM hop h JOIN odd o ON o.client IN (h.src_host, h.src_ip)
WHERE o.first BETWEEN h.start - INTERVAL 1 HOUR AND h.start
GROUP BY h.hop;

-- No later step asks for these.
DROP TABLE carrier;
DROP TABLE flow_island;
DROP TABLE silent_island;
DROP TABLE in_island;
