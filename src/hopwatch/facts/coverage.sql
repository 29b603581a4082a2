-- What every host logged, out of the events of a store that has been surveyed.

CREATE OR REPLACE TEMP TABLE cover_kind AS
SELECT host, channel, event_id, count(*) AS n, min(time) AS first, max(time) AS last
FROM windows_event WHERE host IS NOT NULL AND host <> '' AND event_id IS NOT NULL AND time IS NOT NULL GROUP BY ALL;

-- Process creations of the security log that lack what detections lean on.
CREATE OR REPLACE TEMP TABLE cover_process AS
SELECT host, count(*) AS n, count(*) FILTER (coalesce(trim("CommandLine"), '') IN ('', '-')) AS no_line,
    count(*) FILTER (coalesce(trim("ParentProcessName"), '') IN ('', '-')) AS no_parent
FROM windows_event WHERE channel = 'Security' AND event_id = 4688 GROUP BY host;

-- Clocks are known of a whole store only.
CREATE OR REPLACE TEMP TABLE cover_clock (host VARCHAR, seconds DOUBLE);

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

-- Where the file of a sensor that does not say its name lies: the folder, without those that every sensor has (dates,
-- `current`, `logs`), or what stands before `eve` in the file's name.
CREATE OR REPLACE TEMP MACRO telling_folder(file) AS list_last(list_filter(
    regexp_split_to_array(regexp_replace(file, '[^/\\!]*$', ''), '[/\\!]+'),
    lambda part: part <> '' AND NOT regexp_full_match(lower(part),
        '[0-9T:._-]+|\.+|current|logs?|spool|archive|var|data|opt|zeek|bro|suricata|.*\.(zip|7z|tar|tgz|gz|bz2|xz|zst|lz4)')));
CREATE OR REPLACE TEMP MACRO sensor_place(file) AS coalesce(
    nullif(regexp_extract(file, '([A-Za-z0-9_-]+?)[-_.]eve[^/\\!]*\.json[^/\\!]*$', 1), ''), telling_folder(file));

CREATE TEMP TABLE IF NOT EXISTS sensor_copy
    (ip VARCHAR, sensor VARCHAR, sensor_name VARCHAR, source_file VARCHAR, first TIMESTAMP, last TIMESTAMP);

-- What sensors saw, by address; a sensor goes by its name, else by its place where there are several of its kind.
CREATE OR REPLACE TEMP TABLE cover_sighting AS
WITH told AS (
    FROM sensor_copy
    UNION ALL SELECT ip, sensor, sensor_name, source_file, min(time), max(time)
    FROM (SELECT unnest([orig_ip, resp_ip]) AS ip, sensor, sensor_name, source_file, time FROM connection WHERE host IS NULL)
    GROUP BY ALL
), placed AS (
    SELECT ip, sensor, sensor_name, CASE WHEN sensor_name IS NULL THEN sensor_place(source_file) END AS place, first, last FROM told
), several AS (
    SELECT sensor, count(DISTINCT place) > 1 AS many FROM placed GROUP BY sensor
)
SELECT ip, sensor || coalesce(' ' || sensor_name, CASE WHEN many THEN ' ' || place END, '') AS name,
    min(first) AS first, max(last) AS last
FROM placed JOIN several USING (sensor) GROUP BY ALL;

-- Networks of 256 addresses in which hosts of ours live, and what sensors saw there; `inside`: between two of its addresses.
CREATE OR REPLACE TEMP TABLE cover_subnet AS
WITH ours AS (
    SELECT DISTINCT ip, regexp_replace(ip, '\.[0-9]+$', '.0/24') AS network FROM fact_address
    WHERE source IN ('own', 'machine_logon', 'ticket', 'service_ticket', 'server_name', 'dhcp', 'asset')
      AND regexp_full_match(ip, '[0-9]+(\.[0-9]+){3}')
), by_sensor AS (
    SELECT network, map_from_entries(list((name, n) ORDER BY name)) AS sensors, min(first) AS first, max(last) AS last
    FROM (SELECT network, name, count(DISTINCT ip) AS n, min(first) AS first, max(last) AS last
        FROM ours JOIN cover_sighting USING (ip) GROUP BY ALL)
    GROUP BY network
), inner_flow AS (
    SELECT DISTINCT a.network FROM (SELECT DISTINCT orig_ip, resp_ip FROM connection WHERE host IS NULL) f
    JOIN ours a ON a.ip = f.orig_ip JOIN ours b ON b.ip = f.resp_ip AND b.network = a.network AND b.ip <> a.ip
)
SELECT network, count(*) AS addresses, count(*) FILTER (ip IN (SELECT ip FROM cover_sighting)) AS seen,
    any_value(sensors) AS sensors, any_value(first) AS first, any_value(last) AS last,
    network IN (FROM inner_flow) AS inside
FROM ours LEFT JOIN by_sensor USING (network) GROUP BY network;

-- Which sensors saw a host.
CREATE OR REPLACE TEMP TABLE cover_sensor AS
SELECT host, name, min(first) AS first
FROM (SELECT DISTINCT host, ip FROM fact_address
    WHERE source IN ('own', 'machine_logon', 'ticket', 'service_ticket', 'server_name', 'dhcp', 'asset'))
JOIN cover_sighting USING (ip) GROUP BY ALL;

-- What the logs say of changes to what is audited, and of logs that were cleared.
CREATE OR REPLACE TEMP TABLE cover_audit AS
SELECT host, CASE event_id WHEN 4719 THEN 'the audit policy was changed' ELSE 'the log was cleared' END AS what,
    count(*) AS n, max(time) AS last
FROM windows_event
WHERE channel = 'Security' AND event_id IN (4719, 1102) OR channel = 'System' AND event_id = 104
GROUP BY ALL;
