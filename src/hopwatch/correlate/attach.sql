-- Time: a chain that knows neither logon nor source attaches to exactly one anchor in the window before it.

CREATE OR REPLACE TEMP TABLE anchor AS
SELECT m.target, m.id, m.time, m.chain, m.technique, m.kind, c.account, unnest([b - 1, b, b + 1]) AS meet
FROM (SELECT *, bucket(time, @WINDOW@) AS b FROM member) m JOIN chain c USING (target, chain)
WHERE (c.remote_logon AND kind = 'logon' AND c.account IS NOT NULL AND NOT machine_account(c.account)
       OR kind = 'act' AND m.leg <> 'source' AND (m.src_ip IS NOT NULL OR m.src_host IS NOT NULL)
       OR kind = 'act' AND m.leg = 'source');

CREATE OR REPLACE TEMP TABLE attached AS
WITH loose AS (
    SELECT c.target, c.chain, arg_min(m.time, (m.time, m.id)) AS time,
        arg_min(m.account, (own_account(m.account), m.time, m.id)) FILTER (m.account IS NOT NULL) AS account,
        arg_max(m.technique, (m.points, m.technique)) AS technique
    FROM chain c JOIN member m USING (target, chain)
    WHERE NOT c.has_logon AND c.src_ip IS NULL AND c.src_host IS NULL AND m.free
    GROUP BY ALL
), candidate AS (
    SELECT l.target, l.chain, a.chain AS to_chain, (
        CASE WHEN l.account = a.account THEN 0 WHEN l.account IS NULL OR own_account(l.account) THEN 1 ELSE 2 END,
        CASE WHEN family_of(a.technique) = family_of(l.technique) THEN 0 ELSE 1 END,
        abs(epoch(l.time) - epoch(a.time)), a.id) AS quality
    FROM loose l JOIN anchor a ON a.target = l.target AND a.meet = bucket(l.time, @WINDOW@)
    WHERE a.time BETWEEN l.time - INTERVAL (@WINDOW@) SECOND AND l.time + INTERVAL 2 SECOND
      -- A WMI or WinRM child runs as whoever asked for it.
      AND NOT (l.technique IN ('wmi_exec', 'winrm_exec') AND l.account <> a.account AND NOT own_account(l.account)
               AND NOT machine_account(l.account))
)
SELECT target, chain, arg_min(to_chain, quality) AS to_chain FROM candidate GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE placed AS
SELECT m.* REPLACE (coalesce(a.to_chain, m.chain) AS chain), a.to_chain IS NOT NULL AS by_time
FROM member m LEFT JOIN attached a USING (target, chain);

-- No later step asks for these.
DROP TABLE anchor;
DROP TABLE attached;
DROP TABLE member;
