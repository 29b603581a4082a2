-- How long records took to their collector, in seconds, with a host's clock put right where it is known; late is longer
-- than the correlation's five minutes.
CREATE OR REPLACE TEMP TABLE cover_delay AS
SELECT host, count(*) AS n, round(median(seconds), 1) AS middle, round(max(seconds), 1) AS worst,
    count(*) FILTER (seconds > 300) AS late
FROM (
    SELECT e.host, epoch(e.received - e.time) + coalesce(c.seconds, 0) AS seconds
    FROM windows_event e LEFT JOIN cover_clock c USING (host) WHERE e.received IS NOT NULL AND e.host <> '')
GROUP BY host;
