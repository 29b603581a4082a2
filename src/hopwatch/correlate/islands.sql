-- Islands: the chains of one source and target in time order, cut where the gap exceeds the window.

-- Local is not lateral; a session in which no rule saw anything is no movement; and what counts only inside a remote
-- session counts only there.
CREATE OR REPLACE TEMP TABLE live AS
WITH kept AS (
    SELECT p.*, coalesce(c.src_host, c.src_ip) AS chain_src, c.src_ip AS chain_ip, c.src_host AS chain_host
    FROM placed p JOIN chain c USING (target, chain)
    WHERE NOT c.is_local AND (p.rule IS NOT NULL OR p.kind = 'logon') AND p.leg NOT IN ('before', 'after')
      AND NOT (p.needs_session AND (p.by_time OR NOT (c.network_logon
          OR NOT c.has_logon AND (c.src_ip IS NOT NULL OR c.src_host IS NOT NULL))))
), span AS (
    SELECT target, chain, min(time) AS first, max(time) AS last FROM kept GROUP BY ALL
    HAVING bool_or(rule IS NOT NULL AND leg IN ('logon', 'execution', 'network', 'source'))
)
-- A chain that lasts longer than an hour is cut at each full hour.
SELECT k.*, CASE WHEN s.last - s.first > INTERVAL 1 HOUR THEN date_trunc('hour', k.time) END AS hour
FROM kept k JOIN span s USING (target, chain);

CREATE OR REPLACE TEMP TABLE piece AS
SELECT target, chain, hour, hash(target, chain, hour) AS piece, chain_src AS src, chain_ip AS src_ip, chain_host AS src_host,
    min(time) AS first, max(time) AS last
FROM live GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE piece_island AS
WITH gaps AS (
    SELECT *, first > max(last) OVER (PARTITION BY target, src ORDER BY first, last, piece
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + INTERVAL (@WINDOW@) SECOND AS cut
    FROM piece
), numbered AS (
    SELECT *, count(*) FILTER (cut) OVER (PARTITION BY target, src ORDER BY first, last, piece) AS n FROM gaps
), spans AS (
    SELECT *, max(last) OVER (PARTITION BY target, src, n) - min(first) OVER (PARTITION BY target, src, n) AS span FROM numbered
)
SELECT piece, target, src, src_ip, src_host, first, last,
    hash(target, src, n, CASE WHEN span > INTERVAL 1 HOUR THEN date_trunc('hour', first) END) AS island
FROM spans;

CREATE OR REPLACE TEMP TABLE island AS
SELECT target, island, any_value(src) AS src, arg_min(src_ip, (first, piece)) FILTER (src_ip IS NOT NULL) AS src_ip,
    arg_min(src_host, (first, piece)) FILTER (src_host IS NOT NULL) AS src_host, min(first) AS first, max(last) AS last
FROM piece_island GROUP BY target, island;

-- How far each observer's clock is from the target's: a logon and the connection of its own port are one moment.
CREATE OR REPLACE TEMP TABLE clock_offset AS
SELECT f.target, observer_of(f.host, f.sensor, f.sensor_name) AS observer, median(epoch(f.time) - epoch(l.time)) AS seconds
FROM flow f JOIN logon l ON l.target = f.target AND l.ip = f.orig_ip AND l.port = f.orig_port
WHERE NOT l.is_local AND abs(epoch(f.time) - epoch(l.time)) <= 600
GROUP BY ALL HAVING abs(seconds) > 5;

-- Connections on ports that carry movement: a dynamic port beside the endpoint mapper, or into a COM server.
CREATE OR REPLACE TEMP TABLE carrier AS
WITH mapped AS (
    SELECT target, orig_ip, time, unnest([b - 1, b, b + 1]) AS meet
    FROM (SELECT *, bucket(time, 120) AS b FROM flow WHERE family = 'rpc')
)
SELECT f.* REPLACE (f.time - to_seconds(coalesce(o.seconds, 0)) AS time), coalesce(src_host, orig_ip) AS src
FROM flow f LEFT JOIN clock_offset o ON o.target = f.target AND o.observer = observer_of(f.host, f.sensor, f.sensor_name)
WHERE family <> 'dynamic' OR com_server(receiver) OR EXISTS (
    SELECT 1 FROM mapped m WHERE m.target = f.target AND m.orig_ip = f.orig_ip AND m.meet = bucket(f.time, 120)
      AND abs(epoch(m.time) - epoch(f.time)) <= 120);

-- A connection confirms the island of its pair: by the logon's own port, else by addresses and time.
CREATE OR REPLACE TEMP TABLE flow_island AS
WITH place AS (  -- an island in each quarter of an hour that it touches
    SELECT island, target, src, src_ip, first, last,
        unnest(range(bucket(first, 900) - 1, bucket(last, 900) + 2)) AS meet
    FROM island
), met AS (SELECT key, target, src, orig_ip, time, bucket(time, 900) AS meet FROM carrier),
pair AS (
    SELECT c.key, i.island, i.first, i.last, c.time
    FROM met c JOIN place i ON i.target = c.target AND i.src = c.src AND i.meet = c.meet
    UNION
    SELECT c.key, i.island, i.first, i.last, c.time
    FROM met c JOIN place i ON i.target = c.target AND i.src_ip = c.orig_ip AND i.meet = c.meet
)
SELECT key, arg_min(island, (greatest(epoch(first) - epoch(time), epoch(time) - epoch(last), 0), first, island)) AS island
FROM pair
WHERE time BETWEEN first - INTERVAL (@SLACK@) SECOND AND last + INTERVAL (@SLACK@) SECOND
GROUP BY key;

-- What no island claims makes islands of its own: a shell, a desktop or a database by itself, files and RPC together, since
-- nothing but time joins them. What everybody asks of a directory stays apart from the rest.
INSERT INTO flow_island
WITH free AS (
    SELECT *, CASE WHEN family NOT IN ('smb', 'rpc', 'dynamic') THEN family
        WHEN resp_ip IN (SELECT ip FROM fact_directory) THEN 'directory' ELSE 'smb' END AS service
    FROM carrier ANTI JOIN flow_island USING (key)
), gaps AS (
    SELECT *, time > lag(time) OVER w + INTERVAL (@WINDOW@) SECOND AS cut FROM free
    WINDOW w AS (PARTITION BY target, src, service ORDER BY time, key)
), numbered AS (
    SELECT *, count(*) FILTER (cut) OVER (PARTITION BY target, src, service ORDER BY time, key) AS n FROM gaps
), spans AS (
    SELECT *, max(time) OVER w - min(time) OVER w AS span FROM numbered
    WINDOW w AS (PARTITION BY target, src, service, n)
)
SELECT key, hash('flow', target, src, service, n, CASE WHEN span > INTERVAL 1 HOUR THEN date_trunc('hour', time) END)
FROM spans;

INSERT INTO island
SELECT c.target, f.island, any_value(c.src), min(c.orig_ip), min(c.src_host), min(c.time), max(c.time)
FROM flow_island f JOIN carrier c USING (key)
WHERE f.island NOT IN (SELECT island FROM island)
GROUP BY c.target, f.island;

-- No later step asks for these.
DROP TABLE piece;
