-- Repairs times that a log wrote wrongly. Some exporters mark local time as UTC, one even on a 12-hour clock. Sysmon
-- events carry a right time of their own; what they are off by at one hour of one host's file, all its events are.
CREATE OR REPLACE TEMP TABLE clock_error AS
SELECT source_file, host, date_trunc('hour', recorded) AS hour, mode(quarter_hours(time - recorded)) AS error, count(*) AS n
FROM windows_event
WHERE time_source = 'UtcTime' AND recorded IS NOT NULL
  AND (source_file, host) IN (SELECT source_file, host FROM windows_event WHERE time_source = 'unverified')
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE clock_error_of_file AS
SELECT source_file, host, arg_max(error, (n, hour)) AS error FROM clock_error GROUP BY ALL;

UPDATE windows_event AS e
SET time = recorded + fix.error, time_source = 'corrected',
    -- A receipt by the same wrong clock is off as far; one by the collector's is right: the nearer is the true one.
    received = CASE WHEN abs(epoch(e.received - e.recorded)) < abs(epoch(e.received - e.recorded - fix.error))
        THEN e.received + fix.error ELSE e.received END
FROM (
    SELECT source_file, host, w.hour, coalesce(h.error, f.error) AS error
    FROM clock_error_of_file f
    JOIN (
        SELECT DISTINCT source_file, host, date_trunc('hour', recorded) AS hour
        FROM windows_event WHERE time_source = 'unverified'
    ) w USING (source_file, host)
    LEFT JOIN clock_error h USING (source_file, host, hour)
) AS fix
WHERE e.time_source = 'unverified' AND e.source_file = fix.source_file AND e.host = fix.host
  AND date_trunc('hour', e.recorded) = fix.hour AND fix.error <> INTERVAL 0 SECOND;
