-- A logon with Kerberos from the host itself, and a service made there within minutes: local escalation
-- (KrbRelayUp and its like), and no movement.
WITH own AS (
    SELECT DISTINCT host, ip FROM fact_address WHERE source = 'own'
), logon AS (
    SELECT e.host, e.time, e.logon_id, named("TargetUserName") AS account FROM windows_event e LEFT JOIN own o ON o.host = e.host AND o.ip = e.ip
    WHERE e.channel = 'Security' AND event_id = 4624 AND "LogonType" = '3' AND trim("AuthenticationPackageName") = 'Kerberos'
      AND (loopback(e.ip) OR o.ip IS NOT NULL) AND e.port IS NOT NULL AND "TargetUserName" NOT LIKE '%$'
), used AS (
    SELECT host, time, logon_id, named("ServiceName") AS service FROM windows_event
    WHERE channel = 'System' AND event_id = 7045 OR channel = 'Security' AND event_id = 4697
)
SELECT l.host, l.account, u.service, min(l.time) AS first
FROM logon l JOIN used u ON u.host = l.host AND u.time BETWEEN l.time AND l.time + INTERVAL 2 MINUTE
 AND (u.logon_id = l.logon_id OR u.logon_id IS NULL)
GROUP BY ALL ORDER BY first, l.host, account, service;
