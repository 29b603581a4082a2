-- Chains: evidence that belongs together whatever its time, by logon id, by artefact, by who caused it.

-- The session that an act belongs to: the last logon of that id before it. Ids are unique per host and boot only.
CREATE OR REPLACE TEMP TABLE in_session AS
SELECT a.id, l.id AS logon
FROM (SELECT id, target, logon_id, time + INTERVAL 2 SECOND AS time FROM item WHERE kind = 'act' AND logon_id IS NOT NULL) a
ASOF JOIN (SELECT target, logon_id, time, max(id) AS id FROM item WHERE kind = 'logon' GROUP BY ALL) l
ON a.target = l.target AND a.logon_id = l.logon_id AND a.time >= l.time;

CREATE OR REPLACE TEMP TABLE chained AS
SELECT i.*, CASE
        WHEN kind = 'logon' THEN hash('session', i.id)
        WHEN s.logon IS NOT NULL THEN hash('session', s.logon)
        WHEN logon_id IS NOT NULL THEN hash('id', logon_id)
        WHEN leg = 'source' THEN hash('act', src_host, account)
        WHEN src_ip IS NOT NULL THEN hash('address', src_ip)
        WHEN src_host IS NOT NULL THEN hash('name', src_host)
    END AS own_chain
FROM item i LEFT JOIN in_session s USING (id);

-- What an act comes from: a process from its service, a service or process from the file that was written over the
-- share, a process from its parent, a service from the session of the account that made it. The nearest one before it.
CREATE OR REPLACE TEMP TABLE link AS
WITH pair AS (
    SELECT c.id, p.id AS parent, 1 AS rank, epoch(c.time) - epoch(p.time) AS age
    FROM item c JOIN item p ON p.target = c.target AND p.installs = c.runs
    WHERE c.parent_name = 'services.exe' AND p.time BETWEEN c.time - INTERVAL 1 HOUR AND c.time + INTERVAL 5 SECOND
    UNION ALL
    SELECT c.id, p.id, 2, epoch(c.time) - epoch(p.time)
    FROM item c JOIN item p ON p.target = c.target AND p.writes IN (c.runs, c.installs)
    WHERE p.writes IS NOT NULL AND p.time BETWEEN c.time - INTERVAL 1 HOUR AND c.time + INTERVAL 5 SECOND
    UNION ALL
    SELECT c.id, p.id, 3, epoch(c.time) - epoch(p.time)
    FROM item c JOIN item p ON p.target = c.target AND p.pid = c.parent_pid AND p.runs = c.parent_name
    WHERE c.runs IS NOT NULL AND p.time BETWEEN c.time - INTERVAL 1 HOUR AND c.time + INTERVAL 5 SECOND
    UNION ALL
    SELECT c.id, p.id, 4, epoch(c.time) - epoch(p.time)
    FROM item c JOIN item p ON p.target = c.target AND p.sid = c.by_sid AND NOT p.is_local
    WHERE (p.kind = 'logon' OR p.leg <> 'source' AND p.src_ip IS NOT NULL) AND p.time BETWEEN c.time - INTERVAL (@WINDOW@) SECOND AND c.time + INTERVAL 2 SECOND
)
SELECT id, arg_min(parent, (rank, age < 0, abs(age), parent)) AS parent FROM pair WHERE id <> parent GROUP BY id;

-- The chain of an act without one of its own is that of the first ancestor that has one.
CREATE OR REPLACE TEMP TABLE inherited AS
WITH RECURSIVE up AS (
    SELECT c.id, l.parent, 1 AS steps FROM chained c JOIN link l USING (id) WHERE own_chain IS NULL
    UNION ALL
    SELECT up.id, l.parent, steps + 1
    FROM up JOIN chained c ON c.id = up.parent JOIN link l ON l.id = up.parent
    WHERE c.own_chain IS NULL AND steps < 6
), found AS (
    SELECT up.id, arg_min(c.own_chain, steps) AS chain
    FROM up JOIN chained c ON c.id = up.parent WHERE c.own_chain IS NOT NULL GROUP BY up.id
), root AS (
    -- No ancestor has one: the whole family is one chain, named by its eldest.
    SELECT id, arg_max(parent, steps) AS eldest FROM up GROUP BY id
)
SELECT root.id, coalesce(found.chain, hash('family', e.key)) AS chain
FROM root LEFT JOIN found USING (id) JOIN chained e ON e.id = root.eldest;

CREATE OR REPLACE TEMP TABLE member AS
SELECT c.* EXCLUDE (own_chain),
    coalesce(own_chain, n.chain, hash('family', key)) AS chain,
    own_chain IS NULL AND n.chain IS NOT NULL AS by_artefact
FROM chained c LEFT JOIN inherited n USING (id);

-- What a chain as a whole says of its source and account.
CREATE OR REPLACE TEMP TABLE chain AS
SELECT target, chain,
    arg_min(src_ip, (kind <> 'logon', time, id)) FILTER (src_ip IS NOT NULL) AS src_ip,
    arg_min(src_port, (kind <> 'logon', time, id)) FILTER (src_port IS NOT NULL) AS src_port,
    arg_min(src_host, (kind <> 'logon', time, id)) FILTER (src_host IS NOT NULL) AS src_host,
    arg_min(known_by, (kind <> 'logon', src_ip IS NULL, time, id)) FILTER (src_ip IS NOT NULL OR src_host IS NOT NULL) AS known_by,
    bool_or(kind = 'logon' AND NOT is_local) AS remote_logon,
    bool_or(is_local) AS is_local,
    bool_or(kind = 'logon') AS has_logon,
    bool_or(kind = 'act' AND leg = 'source') AS source_side,
    arg_min(account, (kind <> 'logon', time, id)) FILTER (account IS NOT NULL AND NOT own_account(account)) AS account,
    bool_or(free) AS free,
    min(time) AS first
FROM member GROUP BY ALL;
