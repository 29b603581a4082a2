-- Finds flows that two sensors saw, or one in parts (netflow's directions): the same addresses and ports, while the other
-- was alive or within five seconds of it. `twin` names for each uid of such a flow the one that stays, by content: a whole record before one that lost a
-- direction, then the least key. Clocks of sensors may differ by those seconds.
CREATE OR REPLACE TEMP TABLE sighting AS
WITH spans AS (@SPANS@
), tuples AS (
    SELECT *, hash(orig_ip, orig_port, resp_ip, resp_port) AS tuple FROM spans
    WHERE orig_ip IS NOT NULL AND resp_ip IS NOT NULL AND orig_port IS NOT NULL AND resp_port IS NOT NULL
)
SELECT tuple, uid, min(first) AS first, max(last) AS last, max(whole) AS whole, min(key) AS key, sum(flows) AS flows
FROM tuples
WHERE tuple IN (SELECT tuple FROM tuples GROUP BY tuple HAVING count(DISTINCT uid) > 1 OR sum(flows) > 1)
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE twin AS
WITH cuts AS (
    SELECT *, first > (max(last) OVER earlier) + INTERVAL 5 SECONDS AS starts
    FROM sighting WINDOW earlier AS (PARTITION BY tuple ORDER BY first, uid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), islands AS (
    SELECT *, count(*) FILTER (starts) OVER (PARTITION BY tuple ORDER BY first, uid) AS island FROM cuts
)
SELECT uid, tuple, first_value(uid) OVER best AS stays FROM islands
WINDOW best AS (PARTITION BY tuple, island ORDER BY whole DESC, key, uid)
QUALIFY count(*) OVER (PARTITION BY tuple, island) > 1 OR flows > 1;

-- Of a connection one record stays, with what the copies know better: a direction that it lost, a service.
CREATE OR REPLACE TEMP TABLE joined_flow AS
SELECT t.stays AS uid, t.tuple,
    arg_min(c.key, (c.uid <> t.stays, (coalesce(c.orig_bytes, 0) = 0)::INT + (coalesce(c.resp_bytes, 0) = 0)::INT, c.key)) AS key,
    max(duration) AS duration, max(orig_bytes) AS orig_bytes, max(resp_bytes) AS resp_bytes,
    max(orig_packets) AS orig_packets, max(resp_packets) AS resp_packets,
    arg_max(service, (length(service), service)) AS service, bool_or(answered) AS answered, bool_and(swapped) AS swapped,
    sum(copies)::INTEGER AS copies
FROM connection c
JOIN twin t ON t.uid = c.uid AND t.tuple = hash(c.orig_ip, c.orig_port, c.resp_ip, c.resp_port)
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE kept_flow AS
SELECT c.* REPLACE (
    j.uid AS uid, j.duration AS duration, j.orig_bytes AS orig_bytes, j.resp_bytes AS resp_bytes,
    j.orig_packets AS orig_packets, j.resp_packets AS resp_packets, j.service AS service, j.answered AS answered,
    coalesce(c.one_way AND NOT (coalesce(j.orig_bytes, 0) > 0 AND coalesce(j.resp_bytes, 0) > 0), FALSE) AS one_way,
    j.swapped AS swapped, j.copies AS copies)
FROM connection c JOIN joined_flow j USING (key);

-- Which sensors saw the flows besides the one whose record stays: coverage asks that.
CREATE OR REPLACE TEMP TABLE sensor_copy AS
SELECT ip, sensor, sensor_name, source_file, min(time) AS first, max(time) AS last
FROM (
    SELECT unnest([orig_ip, resp_ip]) AS ip, sensor, sensor_name, source_file, time
    FROM connection c JOIN twin t ON t.uid = c.uid AND t.tuple = hash(c.orig_ip, c.orig_port, c.resp_ip, c.resp_port)
    WHERE c.host IS NULL AND c.uid <> t.stays)
GROUP BY ALL;

DELETE FROM connection AS c USING twin t
WHERE t.uid = c.uid AND t.tuple = hash(c.orig_ip, c.orig_port, c.resp_ip, c.resp_port);

INSERT INTO connection FROM kept_flow;
