-- What one set of logs teaches besides its hops: logons, connections, who logs what, and which name is which machine.

CREATE OR REPLACE TEMP TABLE learnt AS
WITH seen AS (
    SELECT 'logon' AS part, time, coalesce(src_host, ip) AS source, target, account,
        CASE logon_type WHEN 10 THEN 'desktop' WHEN 8 THEN 'cleartext' ELSE 'network' END || ' ' || coalesce(package, '?') AS what
    FROM logon
    WHERE NOT is_local AND logon_type IN (3, 8, 10) AND coalesce(src_host, ip) IS NOT NULL
      AND account IS NOT NULL AND account NOT LIKE '%$' AND account NOT IN ('', 'anonymous logon')
    UNION ALL
    SELECT 'console', time, target, target, account, NULL
    FROM logon
    WHERE logon_type IN (2, 7, 11) AND lower(process) = 'user32' AND account NOT LIKE '%$' AND account <> ''
    UNION ALL
    SELECT 'flow', time, coalesce(src_host, orig_ip), target, NULL, family FROM flow WHERE family <> 'dynamic'
    UNION ALL
    SELECT 'covers', hour, NULL, host, NULL, CASE WHEN channel = 'Security' AND event_id = 4624 THEN 'logon'
        WHEN event_id IN (4688, 4697, 4698, 7045) OR channel LIKE '%Sysmon%' AND event_id IN (1, 11, 13) THEN 'execution'
        ELSE 'other' END
    FROM fact_collects WHERE host IS NOT NULL
    UNION ALL
    SELECT 'covers', s.hour, NULL, a.host, NULL, 'sensor'
    FROM fact_sensed s JOIN fact_address a ON a.ip = s.ip AND a.hour = s.hour AND a.source IN ('own', 'machine_logon', 'ticket', 'dhcp')
    UNION ALL
    SELECT 'machine', time, NULL, lower(rtrim("TargetUserName", '$')), NULL, "TargetUserSid"
    FROM windows_event
    WHERE channel = 'Security' AND event_id = 4624 AND "TargetUserName" LIKE '%$' AND "TargetUserSid" LIKE 'S-1-5-21-%'
    UNION ALL
    SELECT 'role', hour, NULL, host, NULL, 'directory'
    FROM fact_address JOIN fact_directory USING (ip) WHERE source IN ('own', 'machine_logon', 'ticket', 'dhcp') AND hour IS NOT NULL
)
SELECT part, CAST(time AS DATE) AS day, left(source, 250) AS source, left(target, 250) AS target,
    left(account, 250) AS account, left(what, 250) AS what,
    CAST(bit_or(1 << CAST(date_part('hour', time) AS INTEGER)) AS INTEGER) AS hours, NULL::VARCHAR AS id
FROM seen WHERE time IS NOT NULL AND target IS NOT NULL AND target <> '' GROUP BY ALL
UNION ALL
SELECT DISTINCT 'role', NULL::DATE, NULL, left(short_name(lower(host)), 250), NULL, left(lower(role), 250), 0, NULL
FROM asset WHERE host IS NOT NULL AND role IS NOT NULL;
