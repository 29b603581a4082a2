-- How accounts authenticate to hosts, who sits where, who signs, and who was made to authenticate.

-- Logons over the network, by day: which account, from which address, on which host, with what. What is alike is put
-- together before its texts are read.
CREATE OR REPLACE TEMP TABLE fact_authentication AS
WITH alike AS (
    SELECT "TargetUserName" AS name, "TargetDomainName" AS domain, ip, host, "LogonType" AS logon_type,
        "AuthenticationPackageName" AS package, "LmPackageName" AS lm, "LogonProcessName" AS process, date_trunc('day', time) AS day,
        count(*) AS n, min(time) AS first, max(time) AS last
    FROM windows_event
    WHERE channel = 'Security' AND event_id = 4624 AND "LogonType" IN ('3', '8', '10')
    GROUP BY ALL
)
SELECT bare_account(name) AS account, lower(named(domain)) AS domain, ip, host AS target,
    TRY_CAST(logon_type AS INTEGER) AS logon_type, package_of(package, lm) AS package, named(trim(process)) AS process, day,
    CAST(sum(n) AS BIGINT) AS n, min(first) AS first, max(last) AS last
FROM alike WHERE bare_account(name) IS NOT NULL AND NOT coalesce(loopback(ip), FALSE)
GROUP BY ALL;

-- Who was at a host by himself, by hour: at its desktop, as a service or batch job, or with credentials taken on there.
CREATE OR REPLACE TEMP TABLE fact_presence AS
WITH seen AS (
    SELECT host, bare_account("TargetUserName") AS account, time, CASE
            WHEN "LogonType" IN ('4', '5') THEN 'service'
            WHEN "LogonType" = '2' AND trim("LogonProcessName") = 'seclogo' THEN 'run_as'
            WHEN "LogonType" IN ('2', '7', '10', '11') THEN 'interactive' END AS how
    FROM windows_event
    WHERE channel = 'Security' AND event_id = 4624
      AND lower("TargetDomainName") NOT IN ('window manager', 'font driver host')
      -- A logon of type 2 that a program of an intruder's or a tool's made is no one at a desktop.
      AND ("LogonType" IN ('4', '5', '7', '10', '11') OR "LogonType" = '2' AND coalesce(base_name("ProcessName"), '')
           IN ('', '-', 'winlogon.exe', 'svchost.exe', 'lsass.exe', 'logonui.exe', 'consent.exe'))
    UNION ALL
    SELECT host, bare_account("TargetOutboundUserName"), time, 'outbound' FROM windows_event
    WHERE channel = 'Security' AND event_id = 4624 AND "LogonType" = '9' AND trim("LogonProcessName") = 'seclogo'
    UNION ALL
    SELECT host, bare_account("User"), time, 'interactive' FROM windows_event
    WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 1 AND image_name = 'explorer.exe'
    UNION ALL
    SELECT host, bare_account(coalesce(named("TargetUserName"), "SubjectUserName")), time, 'interactive' FROM windows_event
    WHERE channel = 'Security' AND event_id = 4688 AND image_name = 'explorer.exe'
)
SELECT host, account, how, date_trunc('hour', time) AS hour, min(time) AS first, max(time) AS last
FROM seen WHERE how IS NOT NULL AND account IS NOT NULL AND NOT nobody(account) AND NOT ends_with(account, '$')
GROUP BY ALL;

-- Logons of type 9 by the secondary logon service: other credentials for the network, in a session whose user stays.
-- Where Windows does not write whose, the account is null.
CREATE OR REPLACE TEMP TABLE fact_overlay AS
SELECT host, bare_account("TargetOutboundUserName") AS account, bare_account("TargetUserName") AS by_account, time
FROM windows_event
WHERE channel = 'Security' AND event_id = 4624 AND "LogonType" = '9' AND lower(trim("LogonProcessName")) = 'seclogo'
GROUP BY ALL;

-- Tickets that let an account in, by the strength of their cipher: RC4 (0x17, 0x18) is what a stolen NT hash gives.
CREATE OR REPLACE TEMP TABLE fact_ticket AS
WITH seen AS (
    SELECT bare_account("TargetUserName") AS account, ip, "TicketEncryptionType" IN ('0x17', '0x18') AS rc4, time
    FROM windows_event
    WHERE channel = 'Security' AND event_id = 4768 AND "Status" = '0x0' AND "TicketEncryptionType" IS NOT NULL
    UNION ALL
    SELECT client, orig_ip, starts_with(lower(cipher), 'rc4'), time FROM kerberos_activity
    WHERE request_type = 'AS' AND coalesce(success, TRUE) AND cipher IS NOT NULL
)
SELECT account, ip, rc4, date_trunc('hour', time) AS hour, min(time) AS first, max(time) AS last
FROM seen WHERE account IS NOT NULL GROUP BY ALL;

-- Tickets for a service of a host: who has them, and from where, uses Kerberos there, whatever of it the host logs.
CREATE OR REPLACE TEMP TABLE fact_granted AS
SELECT bare_account("TargetUserName") AS account, ip, rtrim(bare_account("ServiceName"), '$') AS target FROM windows_event
WHERE channel = 'Security' AND event_id = 4769 AND "Status" = '0x0' AND ends_with("ServiceName", '$')
  AND bare_account("TargetUserName") IS NOT NULL AND ip IS NOT NULL
UNION
SELECT client, orig_ip, short_name(service_host) FROM kerberos_activity
WHERE client IS NOT NULL AND service_host IS NOT NULL AND orig_ip IS NOT NULL AND coalesce(success, TRUE)
  AND coalesce(request_type, 'TGS') = 'TGS';

-- Whether a host's SMB server asks for signatures, as its own log, its registry, its clients or its administrator say.
CREATE OR REPLACE TEMP TABLE fact_signing AS
WITH written AS (
    SELECT host, time, CASE WHEN event_id = 13 THEN "Details" ELSE "NewValue" END AS value FROM windows_event
    WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 13
          AND lower("TargetObject") LIKE '%\lanmanserver\parameters\requiresecuritysignature'
       OR channel = 'Security' AND event_id = 4657 AND lower("ObjectValueName") = 'requiresecuritysignature'
          AND lower("ObjectName") LIKE '%\lanmanserver\parameters'
), seen AS (
    SELECT host, time, regexp_matches(value, '(^|[^0-9a-f])(0x)?0*1($|[^0-9a-f])') AS required, 'registry' AS known_by FROM written
    WHERE value IS NOT NULL
    UNION ALL
    -- A session without signature and without encryption: this server asked for neither.
    SELECT host, time, FALSE, 'SMBServer 4000' FROM windows_event
    WHERE channel = 'Microsoft-Windows-SMBServer/Connectivity' AND event_id = 4000
      AND lower(coalesce(event_data ->> 'SigningUsed', event_data ->> 'SignatureUsed')) IN ('false', '0')
      AND lower(coalesce(event_data ->> 'EncryptionUsed', event_data ->> 'EncyptionUsed', 'false')) IN ('false', '0')
    UNION ALL
    -- A server that cannot sign cannot ask for it.
    SELECT short_name(ltrim(coalesce(event_data ->> 'ServerName', event_data ->> 'Server'), '\')), time, FALSE, 'SMBClient 31998'
    FROM windows_event WHERE lower(channel) = 'microsoft-windows-smbclient/audit' AND event_id = 31998
    UNION ALL
    -- A client that cannot sign was let in.
    SELECT host, time, FALSE, 'SMBServer 3021' FROM windows_event
    WHERE channel = 'Microsoft-Windows-SMBServer/Audit' AND event_id = 3021
    UNION ALL
    SELECT short_name(host), time, signing, 'asset' FROM asset WHERE signing IS NOT NULL AND host IS NOT NULL
)
SELECT host, required, known_by, min(time) AS first, max(time) AS last FROM seen WHERE host IS NOT NULL GROUP BY ALL;

-- Pipes and calls with which a host can be made to authenticate elsewhere. Opening the pipe alone is everyday traffic
-- (`sure` is false); some of the calls have hardly another use.
CREATE OR REPLACE TEMP TABLE fact_coercion AS
WITH seen AS (
    SELECT host, NULL AS host_ip, ip AS from_ip, lower("RelativeTargetName") AS how, FALSE AS sure, time, record_id
    FROM windows_event
    WHERE channel = 'Security' AND event_id = 5145 AND share = 'IPC$' AND ip IS NOT NULL
      AND lower("RelativeTargetName") IN ('spoolss', 'efsrpc', 'lsarpc', 'netdfs', 'fssagentrpc', 'eventlog')
    UNION ALL
    SELECT NULL, resp_ip, orig_ip, endpoint || ' ' || operation, TRUE, time, record_id FROM dce_rpc
    WHERE lower(operation) LIKE 'efsrpc%' OR lower(operation) LIKE 'rpcremotefindfirstprinterchangenotification%'
       OR lower(operation) IN ('netrdfsaddstdroot', 'netrdfsremovestdroot', 'netrdfsaddroottarget',
           'netrdfsremoveroottarget', 'ispathsupported', 'ispathshadowcopied', 'elfrbackupelfw', 'elfropenbelw')
)
SELECT host, host_ip, from_ip, how, sure, epoch_ms(CAST(floor(epoch(time) / 300) * 300000 AS BIGINT)) AS slot,
    min(time) AS first, max(time) AS last, max(record_id) AS record_id
FROM seen GROUP BY ALL;

-- Clients that addressed a server by its address: for such a target Windows does not try Kerberos.
CREATE OR REPLACE TEMP TABLE fact_addressed AS
SELECT client, ip, date_trunc('hour', time) AS hour FROM (
    SELECT orig_ip AS client, resp_ip AS ip, time FROM smb_activity WHERE ltrim(path, '\') LIKE resp_ip || '%'
    UNION ALL
    SELECT host, "TargetServerName", time FROM windows_event
    WHERE channel = 'Security' AND event_id = 4648 AND regexp_full_match("TargetServerName", '[0-9]+([.][0-9]+){3}')
) WHERE client IS NOT NULL GROUP BY ALL;
