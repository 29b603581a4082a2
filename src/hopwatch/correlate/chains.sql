-- Chains: evidence that belongs together whatever its time, by logon id, by artefact, by who caused it.

-- The session that an act belongs to: the last logon of that id before it. Ids are unique per host and boot only.
CREATE OR REPLACE TEMP TABLE in_session AS
SELECT a.id, l.id AS logon
FROM (SELECT id, target, logon_id, time + INTERVAL 2 SECOND AS time FROM item WHERE kind = 'act' AND logon_id IS NOT NULL) a
ASOF JOIN (SELECT target, logon_id, time, max(id) AS id FROM item WHERE kind = 'logon' GROUP BY ALL) l
ON a.target = l.target AND a.logon_id = l.logon_id AND a.time >= l.time;

CREATE OR REPLACE TEMP TABLE chained AS
SELECT i.*, CASE
        WHEN kind = 'ticket' THEN NULL
        WHEN kind = 'logon' AND runs IS NULL THEN hash('session', i.id)
        WHEN kind = 'logon' THEN NULL  -- made by a program: of that program's chain, where it has one
        WHEN s.logon IS NOT NULL THEN hash('session', s.logon)
        WHEN logon_id IS NOT NULL THEN hash('id', logon_id)
        WHEN leg = 'source' THEN hash('act', src_host, account)
        -- What came over one connection belongs together; what came from one address need not.
        WHEN src_ip IS NOT NULL THEN hash('address', src_ip, coalesce(src_port, key))
        WHEN src_host IS NOT NULL THEN hash('name', src_host)
    END AS own_chain
FROM item i LEFT JOIN in_session s USING (id);

-- What an act comes from: a process from its service, a service or process from the file that was written over the
-- share, a process from its parent, a service from the session of the account that made it. The nearest one before it.
CREATE OR REPLACE TEMP TABLE link AS
WITH child AS (  -- met in its own hour and the one before: an ancestor is at most an hour older
    SELECT *, unnest([bucket(time, 3600) - 1, bucket(time, 3600), bucket(time, 3600) + 1]) AS meet
    FROM item WHERE runs IS NOT NULL OR installs IS NOT NULL
), parent AS (
    SELECT *, bucket(time, 3600) AS meet FROM item WHERE installs IS NOT NULL OR writes IS NOT NULL OR runs IS NOT NULL
), pair AS (
    SELECT c.id, p.id AS parent, 1 AS rank, epoch(c.time) - epoch(p.time) AS age
    FROM child c JOIN parent p ON p.target = c.target AND p.installs = c.runs AND p.meet = c.meet
    WHERE c.parent_name = 'services.exe' AND p.time BETWEEN c.time - INTERVAL 1 HOUR AND c.time + INTERVAL 5 SECOND
    UNION ALL
    SELECT c.id, p.id, 2, epoch(c.time) - epoch(p.time)
    FROM child c JOIN parent p ON p.target = c.target AND p.writes = c.runs AND p.meet = c.meet
    WHERE p.time BETWEEN c.time - INTERVAL 1 HOUR AND c.time + INTERVAL 5 SECOND
    UNION ALL
    SELECT c.id, p.id, 2, epoch(c.time) - epoch(p.time)
    FROM child c JOIN parent p ON p.target = c.target AND p.writes = c.installs AND p.meet = c.meet
    WHERE p.time BETWEEN c.time - INTERVAL 1 HOUR AND c.time + INTERVAL 5 SECOND
    UNION ALL
    SELECT c.id, p.id, 3, epoch(c.time) - epoch(p.time)
    FROM child c JOIN parent p ON p.target = c.target AND p.pid = c.parent_pid AND p.runs = c.parent_name AND p.meet = c.meet
    WHERE c.runs IS NOT NULL AND p.time BETWEEN c.time - INTERVAL 1 HOUR AND c.time + INTERVAL 5 SECOND
    UNION ALL
    SELECT c.id, p.id, 4, epoch(c.time) - epoch(p.time)
    FROM item c JOIN item p ON p.target = c.target AND p.sid = c.by_sid AND NOT p.is_local
    WHERE (p.kind = 'logon' OR p.leg <> 'source' AND p.src_ip IS NOT NULL) AND p.time BETWEEN c.time - INTERVAL (@WINDOW@) SECOND AND c.time + INTERVAL 2 SECOND
)
SELECT id, arg_min(parent, (rank, age < 0, abs(age), parent)) AS parent FROM pair WHERE id <> parent GROUP BY id;

-- What a ticket cannot have been fetched for.
CREATE OR REPLACE TEMP TABLE by_ntlm AS
SELECT i.id FROM item i JOIN logon l ON l.key = i.key WHERE i.kind = 'logon' AND l.package = 'NTLM';

-- A Kerberos ticket for a host belongs to the logon that it was fetched for: the next one of that account there.
INSERT INTO link
SELECT t.id, arg_min(l.id, (l.time < t.time, abs(epoch(l.time) - epoch(t.time)), l.id))
FROM item t JOIN item l ON l.target = t.target AND l.account = t.account
WHERE t.kind = 'ticket' AND l.kind = 'logon' AND NOT l.is_local AND l.id NOT IN (FROM by_ntlm)
  AND l.time BETWEEN t.time - INTERVAL 2 SECOND AND t.time + INTERVAL (@WINDOW@) SECOND
GROUP BY t.id;

-- A network logon that names no address came from where the account's ticket for the host was fetched: just before,
-- or, since tickets are kept for ten hours, from the only place where one was fetched in that time.
CREATE OR REPLACE TEMP TABLE ticket_source AS
WITH pair AS (
    SELECT l.id, t.src_ip, t.src_host, t.id AS ticket, epoch(l.time) - epoch(t.time) AS age
    FROM item l JOIN item t ON t.target = l.target AND t.account = l.account
    WHERE l.kind = 'logon' AND NOT l.is_local AND l.src_ip IS NULL AND l.id NOT IN (FROM by_ntlm) AND t.kind = 'ticket' AND t.src_ip IS NOT NULL
      AND t.time BETWEEN l.time - INTERVAL 10 HOUR AND l.time + INTERVAL 2 SECOND
)
SELECT id, arg_min(src_ip, (abs(age), ticket)) AS src_ip, arg_min(src_host, (abs(age), ticket)) AS src_host
FROM pair GROUP BY id
HAVING min(abs(age)) <= @WINDOW@ OR count(DISTINCT src_ip) = 1;

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
WITH program_session AS (  -- what runs in a logon that a program made is of that program's chain too
    SELECT hash('session', c.id) AS session, n.chain FROM chained c JOIN inherited n USING (id) WHERE c.kind = 'logon'
)
SELECT c.* EXCLUDE (own_chain, src_ip, src_host, is_local, known_by), coalesce(c.src_ip, t.src_ip) AS src_ip,
    CASE WHEN c.src_ip IS NULL AND t.src_ip IS NOT NULL THEN 'kerberos' ELSE c.known_by END AS known_by,
    coalesce(c.src_host, t.src_host) AS src_host,
    c.is_local AND NOT (c.kind = 'logon' AND n.chain IS NOT NULL) AS is_local,
    coalesce(p.chain, own_chain, n.chain, CASE WHEN kind = 'logon' THEN hash('session', c.id) ELSE hash('family', key) END) AS chain
FROM chained c LEFT JOIN inherited n USING (id) LEFT JOIN program_session p ON p.session = c.own_chain
LEFT JOIN ticket_source t ON t.id = c.id
-- A ticket that no logon used proves nothing.
WHERE c.kind <> 'ticket' OR n.chain IS NOT NULL;

-- What a chain as a whole says of its source and account.
CREATE OR REPLACE TEMP TABLE told_chain AS
SELECT target, chain, min(time) AS first,
    arg_min(src_ip, (kind <> 'logon', time, id)) FILTER (src_ip IS NOT NULL) AS src_ip,
    arg_min(src_host, (kind <> 'logon', time, id)) FILTER (src_host IS NOT NULL) AS src_host,
    bool_or(kind = 'logon' AND NOT is_local AND logon_type <> 2) AS remote_logon,
    bool_or(kind = 'logon' AND NOT is_local AND logon_type IN (3, 8)) AS network_logon,
    bool_or(is_local) AS is_local,
    bool_or(kind = 'logon') AS has_logon,
    arg_min(account, (kind <> 'logon', time, id)) FILTER (account IS NOT NULL AND NOT own_account(account)) AS account
FROM member GROUP BY ALL;

-- An address that nothing names is that of the one host that within a day came from it by name: a second card, which
-- the ticket for the logon betrays.
CREATE OR REPLACE TEMP TABLE chain AS
WITH named AS (
    SELECT target, src_ip, src_host, unnest([day - 1, day, day + 1]) AS day
    FROM (SELECT DISTINCT target, src_ip, src_host, bucket(first, 86400) AS day FROM told_chain
        WHERE src_ip IS NOT NULL AND src_host IS NOT NULL)
), met AS (
    SELECT target, src_ip, day, min(src_host) AS met_host FROM named
    GROUP BY ALL HAVING count(DISTINCT src_host) = 1
)
SELECT c.* EXCLUDE (first) REPLACE (coalesce(c.src_host, m.met_host) AS src_host)
FROM told_chain c LEFT JOIN met m ON m.target = c.target AND m.src_ip = c.src_ip AND m.day = bucket(c.first, 86400);

-- No later step asks for these.
DROP TABLE in_session;
DROP TABLE chained;
DROP TABLE link;
DROP TABLE ticket_source;
DROP TABLE inherited;
DROP TABLE told_chain;
