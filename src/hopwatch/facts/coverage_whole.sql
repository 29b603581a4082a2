-- What only a store with every record can tell: records that are missing, and clocks.

-- Steps from one record to the next. Record ids tell a quiet hour (they go on) from a lost one (they jump).
CREATE OR REPLACE TEMP TABLE cover_step AS
SELECT host, channel, time, record_id, lag(time) OVER w AS before, record_id - lag(record_id) OVER w AS jump
FROM windows_event WHERE record_id IS NOT NULL AND time IS NOT NULL
WINDOW w AS (PARTITION BY host, channel ORDER BY record_id, time);

CREATE OR REPLACE TEMP TABLE cover_gap AS
WITH usual AS (
    SELECT host, channel, median(jump) AS jump, count(*) AS n FROM cover_step WHERE jump > 0 GROUP BY ALL
), lost AS (
    SELECT s.host, s.channel, s.before AS begin, s.time AS "end", CAST(s.jump - 1 AS BIGINT) AS records
    FROM cover_step s JOIN usual u USING (host, channel)
    WHERE u.n >= 10 AND s.jump > 1 AND s.time >= s.before AND (s.jump > 20 OR s.time - s.before >= INTERVAL 15 MINUTE)
      -- Where only a selection is forwarded, every step jumps: then a gap is a jump out of all proportion, and long.
      AND (u.jump < 1.5 OR s.jump >= 50 * u.jump AND s.time - s.before >= INTERVAL 15 MINUTE)
), quiet AS (
    -- Without record ids, an hour or more in which a host that logs every few minutes wrote nothing while others did.
    SELECT host, channel, before AS begin, time AS "end", NULL::BIGINT AS records
    FROM (
        SELECT host, channel, time, lag(time) OVER w AS before, median(time_gap) OVER (PARTITION BY host, channel) AS usual, time_gap
        FROM (SELECT host, channel, time, epoch(time - lag(time) OVER (PARTITION BY host, channel ORDER BY time)) AS time_gap
            FROM windows_event WHERE record_id IS NULL AND time IS NOT NULL)
        WINDOW w AS (PARTITION BY host, channel ORDER BY time))
    WHERE time_gap >= 3600 AND usual <= 300
)
FROM lost UNION ALL FROM quiet;

-- A host's clock: the same flow as it wrote it, and as a sensor or the other end did; sensors are taken to be right.
CREATE OR REPLACE TEMP TABLE cover_clock AS
WITH own AS (
    SELECT host, "SourceIp" AS orig_ip, TRY_CAST("SourcePort" AS INTEGER) AS orig_port, "DestinationIp" AS resp_ip,
        TRY_CAST("DestinationPort" AS INTEGER) AS resp_port, time
    FROM windows_event
    WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 3 AND lower("Protocol") = 'tcp'
    UNION ALL SELECT host, "SourceAddress", TRY_CAST("SourcePort" AS INTEGER), "DestAddress", TRY_CAST("DestPort" AS INTEGER), time
    FROM windows_event WHERE channel = 'Security' AND event_id = 5156 AND "Protocol" = '6'
    UNION ALL SELECT host, ip, port, NULL, NULL, time FROM windows_event
    WHERE channel = 'Security' AND event_id = 4624 AND ip IS NOT NULL AND port > 0
), wire AS (
    SELECT orig_ip, orig_port, resp_ip, resp_port, time FROM connection WHERE host IS NULL AND orig_port IS NOT NULL
), pair AS (
    SELECT o.host, epoch(o.time - w.time) AS seconds, TRUE AS sensor
    FROM own o JOIN wire w ON w.orig_ip = o.orig_ip AND w.orig_port = o.orig_port
      AND (o.resp_ip IS NULL OR w.resp_ip = o.resp_ip AND w.resp_port = o.resp_port)
      AND abs(epoch(o.time - w.time)) <= 600
), peer AS (
    SELECT a.host, epoch(a.time - b.time) AS seconds, FALSE AS sensor
    FROM own a JOIN own b ON a.orig_ip = b.orig_ip AND a.orig_port = b.orig_port AND a.resp_ip = b.resp_ip
      AND a.resp_port = b.resp_port AND a.host <> b.host AND abs(epoch(a.time - b.time)) <= 600
)
SELECT host, round(coalesce(median(seconds) FILTER (sensor), median(seconds)), 1) AS seconds
FROM (FROM pair UNION ALL FROM peer) GROUP BY host HAVING count(*) >= 3;
