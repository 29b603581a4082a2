-- What every host logged, out of the events of a store that has been surveyed.

CREATE OR REPLACE TEMP TABLE cover_kind AS
SELECT host, channel, event_id, count(*) AS n, min(time) AS first, max(time) AS last
FROM windows_event WHERE host IS NOT NULL AND host <> '' AND event_id IS NOT NULL AND time IS NOT NULL GROUP BY ALL;

-- Process creations of the security log that lack what detections lean on.
CREATE OR REPLACE TEMP TABLE cover_process AS
SELECT host, count(*) AS n, count(*) FILTER (coalesce(trim("CommandLine"), '') IN ('', '-')) AS no_line,
    count(*) FILTER (coalesce(trim("ParentProcessName"), '') IN ('', '-')) AS no_parent
FROM windows_event WHERE channel = 'Security' AND event_id = 4688 GROUP BY host;

-- How long records took to their collector, in seconds; late is longer than the correlation's five minutes.
CREATE OR REPLACE TEMP TABLE cover_delay AS
SELECT host, count(*) AS n, round(median(seconds), 1) AS middle, round(max(seconds), 1) AS worst,
    count(*) FILTER (seconds > 300) AS late
FROM (SELECT host, epoch(received - time) AS seconds FROM windows_event WHERE received IS NOT NULL AND host <> '')
GROUP BY host;

-- The longest time that a host wrote nothing, from the first event of all on: after it, silence means something.
CREATE OR REPLACE TEMP TABLE cover_quiet AS
SELECT host, max(seconds) AS seconds FROM (
    SELECT host, epoch(hour - coalesce(lag(hour) OVER (PARTITION BY host ORDER BY hour), (SELECT min(hour) FROM fact_collects))) AS seconds
    FROM (SELECT DISTINCT host, hour FROM fact_collects))
GROUP BY host;

-- Hosts that others saw and that logged nothing: by tickets and logons of their accounts, leases, the list of assets.
CREATE OR REPLACE TEMP TABLE cover_silent AS
SELECT host, max(last) AS last, list(DISTINCT source ORDER BY source) AS sources FROM fact_address
WHERE source IN ('machine_logon', 'ticket', 'service_ticket', 'server_name', 'dhcp', 'asset')
  AND host NOT IN (SELECT host FROM cover_kind) AND regexp_full_match(host, '[a-z0-9][a-z0-9_-]{0,62}')
GROUP BY host;

-- Networks of 256 addresses in which hosts of ours live, and what sensors saw there.
CREATE OR REPLACE TEMP TABLE cover_subnet AS
WITH ours AS (
    SELECT DISTINCT ip FROM fact_address
    WHERE source IN ('own', 'machine_logon', 'ticket', 'service_ticket', 'server_name', 'dhcp', 'asset')
      AND regexp_full_match(ip, '[0-9]+(\.[0-9]+){3}')
), seen AS (
    SELECT ip, min(time) AS first, max(time) AS last, list(DISTINCT name) AS sensors
    FROM (
        SELECT orig_ip AS ip, time, coalesce(sensor_name, sensor) AS name FROM connection WHERE host IS NULL
        UNION ALL SELECT resp_ip, time, coalesce(sensor_name, sensor) FROM connection WHERE host IS NULL)
    GROUP BY ip
)
SELECT regexp_replace(o.ip, '\.[0-9]+$', '.0/24') AS network, count(*) AS addresses, count(s.ip) AS seen,
    list_sort(list_distinct(flatten(list(coalesce(s.sensors, []))))) AS sensors, min(s.first) AS first, max(s.last) AS last
FROM ours o LEFT JOIN seen s USING (ip) GROUP BY ALL;

-- Which sensors saw a host.
CREATE OR REPLACE TEMP TABLE cover_sensor AS
WITH seen AS (
    SELECT ip, name, min(time) AS first
    FROM (
        SELECT orig_ip AS ip, time, coalesce(sensor_name, sensor) AS name FROM connection WHERE host IS NULL
        UNION ALL SELECT resp_ip, time, coalesce(sensor_name, sensor) FROM connection WHERE host IS NULL)
    GROUP BY ALL
)
SELECT a.host, s.name, min(s.first) AS first
FROM (SELECT DISTINCT host, ip FROM fact_address
    WHERE source IN ('own', 'machine_logon', 'ticket', 'service_ticket', 'server_name', 'dhcp', 'asset')) a
JOIN seen s USING (ip) GROUP BY ALL;

-- What the logs say of changes to what is audited, and of logs that were cleared.
CREATE OR REPLACE TEMP TABLE cover_audit AS
SELECT host, CASE event_id WHEN 4719 THEN 'the audit policy was changed' ELSE 'the log was cleared' END AS what,
    count(*) AS n, max(time) AS last
FROM windows_event
WHERE channel = 'Security' AND event_id IN (4719, 1102) OR channel = 'System' AND event_id = 104
GROUP BY ALL;
