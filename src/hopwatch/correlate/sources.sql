-- Names the source of islands that have none, where exactly one can be meant.

CREATE OR REPLACE TEMP TABLE island_about AS
SELECT i.*, s.families, coalesce(m.techniques, []) AS techniques, coalesce(m.accounts, []) AS accounts, m.points IS NULL AS flow_only,
    coalesce(m.source_side, FALSE) AS source_side, coalesce(m.nameless_logon, FALSE) AS nameless_logon, coalesce(m.free, FALSE) AS free
FROM island i
LEFT JOIN (SELECT island, list(DISTINCT c.family) AS families FROM flow_island JOIN carrier c USING (key) GROUP BY island) s USING (island)
LEFT JOIN (
    SELECT p.island, list(DISTINCT technique) FILTER (technique IS NOT NULL AND leg IN ('execution', 'source')) AS techniques,
        list(DISTINCT account) FILTER (account IS NOT NULL AND NOT own_account(account)) AS accounts,
        sum(points) AS points, bool_or(leg = 'source') AS source_side,
        bool_or(kind = 'logon' AND l.src_ip IS NULL) AS nameless_logon,
        bool_or(kind = 'logon' OR free) AS free
    FROM piece_island p JOIN live l ON hash(l.target, l.chain, l.hour) = p.piece GROUP BY p.island
) m USING (island);

-- A source that logs but whose address nobody knows, and an address without a name, each the only one: they are one.
CREATE OR REPLACE TEMP TABLE same_source AS
WITH pair AS (
    SELECT n.island AS named, n.src AS named_src, a.island AS addressed, a.src AS addressed_src
    FROM island_about n JOIN island_about a ON a.target = n.target
    WHERE n.src_host IS NOT NULL AND n.src_ip IS NULL AND a.src_ip IS NOT NULL AND a.src_host IS NULL
      AND a.first <= n.last + INTERVAL (@WINDOW@) SECOND AND a.last >= n.first - INTERVAL (@WINDOW@) SECOND
)
SELECT addressed AS island, min(named) AS to_island FROM pair
GROUP BY addressed HAVING count(DISTINCT named_src) = 1
    AND addressed NOT IN (SELECT p.addressed FROM pair p WHERE p.named IN (
        SELECT named FROM pair GROUP BY named HAVING count(DISTINCT addressed_src) > 1));

-- An island without a source joins the only source in the window: those of the fitting protocol first, and of these
-- those of the same account.
CREATE OR REPLACE TEMP TABLE candidate_source AS
SELECT u.island, s.island AS to_island, s.src, list_has_any(u.accounts, s.accounts) AS same_account, CASE
        WHEN fits(u.techniques, u.nameless_logon, s.families) THEN 0
        WHEN NOT s.flow_only AND (list_has_any(s.techniques, u.techniques) OR s.source_side) THEN 0
        WHEN NOT s.flow_only THEN 1
        ELSE 2 END AS rank,
    greatest(epoch(s.first) - epoch(u.last), epoch(u.first) - epoch(s.last), 0) AS gap
FROM island_about u JOIN island_about s ON s.target = u.target
-- What the machine itself did (a task or a service by SYSTEM) joins nobody by time.
WHERE u.src IS NULL AND s.src IS NOT NULL AND u.free
  AND s.first <= u.last + INTERVAL (@WINDOW@) SECOND AND s.last >= u.first - INTERVAL (@WINDOW@) SECOND;

CREATE OR REPLACE TEMP TABLE best_source AS
SELECT island, list(DISTINCT src ORDER BY src) AS candidates, arg_min(to_island, (gap, to_island)) AS to_island
FROM candidate_source c
WHERE rank < 2
  AND (rank, NOT same_account) = (SELECT min((rank, NOT same_account)) FROM candidate_source b WHERE b.island = c.island)
GROUP BY island;

CREATE OR REPLACE TEMP TABLE merged AS
WITH step AS (
    SELECT island, to_island FROM same_source
    UNION ALL SELECT island, to_island FROM best_source WHERE len(candidates) = 1
)
SELECT a.island, coalesce(b.to_island, a.to_island) AS to_island FROM step a LEFT JOIN step b ON b.island = a.to_island;

-- No later step asks for these.
DROP TABLE island_about;
DROP TABLE same_source;
DROP TABLE candidate_source;
