-- Surveys all events of the store: who has which address when, how hosts are called, who collects what.

CREATE OR REPLACE TEMP VIEW seen_address AS
-- The local side of a TCP connection is the host's own address (inbound UDP would make a broadcast address one's own).
SELECT host, "SourceIp" AS ip, time, 'own' AS source FROM windows_event
WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 3
  AND lower("Initiated") = 'true' AND lower("Protocol") = 'tcp'
UNION ALL
-- Of an accepted connection Sysmon writes the local side first or second, by its version: the service's port tells.
SELECT host, CASE WHEN service_port("SourcePort") THEN "SourceIp" ELSE "DestinationIp" END, time, 'own'
FROM windows_event
WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 3
  AND lower("Initiated") = 'false' AND lower("Protocol") = 'tcp'
  AND service_port("SourcePort") <> service_port("DestinationPort")
UNION ALL
-- 5156: Source is the initiator in both directions; protocol 6 is TCP.
SELECT host, CASE WHEN contains("Direction", '%%14592') THEN "DestAddress" ELSE "SourceAddress" END, time, 'own'
FROM windows_event WHERE channel = 'Security' AND event_id = 5156 AND "Protocol" = '6'
UNION ALL
-- A machine account logs on from its own machine; NTLM is left out, since it can be relayed.
SELECT lower(rtrim("TargetUserName", '$')), ip, time, 'machine_logon' FROM windows_event
WHERE channel = 'Security' AND event_id = 4624 AND "TargetUserName" LIKE '%$' AND "LogonType" = '3'
  AND "AuthenticationPackageName" = 'Kerberos'
UNION ALL
SELECT lower(split_part("TargetUserName", '$', 1)), ip, time, 'ticket' FROM windows_event
WHERE channel = 'Security' AND event_id IN (4768, 4769) AND "TargetUserName" LIKE '%$%' AND "Status" = '0x0'
UNION ALL
-- Weak, and written by the client itself: it names a host where nothing better does, never the own host.
SELECT lower("WorkstationName"), ip, time, 'workstation' FROM windows_event
WHERE channel = 'Security' AND event_id = 4624 AND "LogonType" = '3' AND named("WorkstationName") IS NOT NULL
  AND "TargetUserName" NOT LIKE '%$' AND lower("WorkstationName") <> host
UNION ALL
SELECT short_name("SourceHostname"), "SourceIp", time, 'sysmon_name' FROM windows_event
WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 3 AND named("SourceHostname") IS NOT NULL
UNION ALL
SELECT short_name("DestinationHostname"), "DestinationIp", time, 'sysmon_name' FROM windows_event
WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 3 AND named("DestinationHostname") IS NOT NULL
UNION ALL
-- What sensors saw: tickets of machine accounts, tickets used at a server, the server's own name in NTLM's challenge.
SELECT rtrim(client, '$'), orig_ip, time, 'ticket' FROM kerberos_activity WHERE client LIKE '%$' AND coalesce(success, TRUE)
UNION ALL
SELECT short_name(service_host), resp_ip, time, 'service_ticket' FROM kerberos_activity
WHERE request_type IS NULL AND service_host IS NOT NULL
UNION ALL
SELECT server_name, resp_ip, time, 'server_name' FROM ntlm_activity WHERE server_name IS NOT NULL
UNION ALL
SELECT client_name, orig_ip, time, 'workstation' FROM ntlm_activity WHERE named(client_name) IS NOT NULL
UNION ALL
SELECT short_name(server), resp_ip, time, 'share_path' FROM smb_activity
WHERE server IS NOT NULL AND NOT regexp_full_match(server, '[0-9.:a-f]+')
UNION ALL
SELECT short_name(host_name), ip, time, 'dhcp' FROM dhcp_lease
WHERE host_name IS NOT NULL AND action IN ('assign', 'renew', 'ack', 'request')
UNION ALL
SELECT short_name(query), answer, time, 'dns' FROM (SELECT query, time, unnest(answers) AS answer FROM dns)
WHERE regexp_full_match(answer, '[0-9]+(\.[0-9]+){3}|[0-9a-f:]*:[0-9a-f:]+') AND contains(query, '.') AND NOT contains(query, 'arpa')
UNION ALL
SELECT short_name(host), ip, time, 'asset' FROM asset WHERE host IS NOT NULL AND ip IS NOT NULL;

CREATE OR REPLACE TEMP TABLE fact_address AS
SELECT host, ip, date_trunc('hour', time) AS hour, source, min(time) AS first, max(time) AS last
FROM seen_address
WHERE ip IS NOT NULL AND host IS NOT NULL AND host <> '' AND NOT loopback(ip) AND NOT multicast(ip)
GROUP BY ALL;

-- Who serves a directory: hosts that are asked on its ports.
CREATE OR REPLACE TEMP TABLE fact_directory AS
SELECT DISTINCT "DestinationIp" AS ip FROM windows_event
WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 3 AND lower("Initiated") = 'true'
  AND "DestinationPort" IN ('88', '389', '636', '3268', '3269') AND "DestinationIp" IS NOT NULL
UNION SELECT resp_ip FROM kerberos_activity WHERE request_type IN ('AS', 'TGS') AND resp_ip IS NOT NULL
UNION SELECT "DestAddress" FROM windows_event
WHERE channel = 'Security' AND event_id = 5156 AND "DestPort" IN ('88', '389', '636', '3268', '3269') AND "DestAddress" IS NOT NULL;

-- Event forwarding: a host that says that svchost alone goes to another's WinRM port; and, where no host says so, its
-- shape: one collector that many hosts call, each of which calls hardly anybody else.
CREATE OR REPLACE TEMP TABLE fact_winrm AS
SELECT orig_ip, resp_ip, date_trunc('hour', time) AS hour, bool_or(image_name = 'svchost.exe') AS forwards FROM (
    SELECT "SourceIp" AS orig_ip, "DestinationIp" AS resp_ip, time, image_name FROM windows_event
    WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 3 AND lower("Initiated") = 'true'
      AND "DestinationPort" IN ('5985', '5986')
    UNION ALL SELECT "SourceAddress", "DestAddress", time, image_name FROM windows_event
    WHERE channel = 'Security' AND event_id = 5156 AND contains("Direction", '%%14593') AND "DestPort" IN ('5985', '5986')
    UNION ALL SELECT orig_ip, resp_ip, time, image_name FROM connection
    WHERE resp_port IN (5985, 5986) AND coalesce(answered, TRUE)
) WHERE orig_ip IS NOT NULL AND resp_ip IS NOT NULL GROUP BY ALL;

-- Which addresses a sensor saw at all, and whom each reached on the ports of movement, by five minutes.
CREATE OR REPLACE TEMP TABLE fact_sensed AS
SELECT ip, date_trunc('hour', time) AS hour
FROM (SELECT orig_ip AS ip, time FROM connection UNION ALL SELECT resp_ip, time FROM connection)
WHERE ip IS NOT NULL GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE fact_reach AS
SELECT src_ip, port, epoch_ms(CAST(floor(epoch(time) / 300) * 300000 AS BIGINT)) AS slot, resp_ip FROM (
    SELECT "SourceIp" AS src_ip, TRY_CAST("DestinationPort" AS INTEGER) AS port, time, "DestinationIp" AS resp_ip FROM windows_event
    WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 3 AND lower("Initiated") = 'true'
    UNION ALL SELECT "SourceAddress", TRY_CAST("DestPort" AS INTEGER), time, "DestAddress" FROM windows_event
    WHERE channel = 'Security' AND event_id = 5156 AND contains("Direction", '%%14593')
    UNION ALL SELECT orig_ip, resp_port, time, resp_ip FROM connection
) WHERE port IN (135, 445, 5985, 5986) AND src_ip IS NOT NULL AND resp_ip IS NOT NULL GROUP BY ALL;

-- Which names each client asked for, without the leftmost label of deep names.
CREATE OR REPLACE TEMP TABLE fact_query AS
SELECT coalesce(host, client_ip) AS client, query AS name, date_trunc('hour', time) AS hour, min(time) AS first
FROM dns WHERE query IS NOT NULL AND contains(query, '.') AND NOT ends_with(query, '.arpa') GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE fact_name AS
SELECT host, computer, count(*) AS n FROM windows_event GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE fact_collects AS
SELECT DISTINCT host, channel, event_id, date_trunc('hour', time) AS hour FROM windows_event;
