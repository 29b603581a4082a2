-- The tables under the names and with the columns that hunters know. `_record` points to the record that a row is of.
-- Text columns keep the log's text; numbers that the products type as numbers are numbers here too.

CREATE MACRO account_of(domain, name) AS
    CASE WHEN name IS NULL THEN NULL WHEN domain IS NULL OR domain IN ('', '-') THEN name ELSE domain || '\' || name END;
CREATE MACRO pointer(file, channel, number, record) AS
    concat_ws(' ', file, channel, CAST(number AS VARCHAR), '#' || CAST(record AS VARCHAR));
CREATE MACRO base_of(path) AS regexp_extract(path, '([^\\/]*)$', 1);
CREATE MACRO folded(value) AS lower(trim(value));

-- Every Windows event of every channel.
CREATE VIEW events AS
SELECT w.time AS "TimeGenerated", w.computer AS "Computer", w.event_id AS "EventID", w.channel AS "Channel",
    w.provider AS "EventSourceName", w.level AS "Level", w.keywords AS "Keywords", w.host AS "Host", w.logon_id AS "SessionId",
    CASE WHEN w.event_id IN (4624, 4625, 4634, 4647, 4768, 4769, 4771, 4776, 4778, 4779)
         THEN account_of(w."TargetDomainName", w."TargetUserName")
         ELSE coalesce(account_of(w."SubjectDomainName", w."SubjectUserName"),
                       account_of(w."TargetDomainName", w."TargetUserName"), w."User") END AS "Account",
    account_of(w."SubjectDomainName", w."SubjectUserName") AS "SubjectAccount",
    account_of(w."TargetDomainName", w."TargetUserName") AS "TargetAccount",
    base_of(CASE WHEN w.event_id = 4688 THEN w."NewProcessName" ELSE coalesce(w."Image", w."ProcessName") END) AS "Process",
    COLUMNS(w.* EXCLUDE (key, time, recorded, time_source, computer, host, channel, provider, event_id, record_id,
        user_sid, process_id, level, keywords, source_file, logon_id, subject_logon_id, target_logon_id, ip, port, access_mask,
        share, image_path, image_name, parent_name, pid, parent_pid, event_data, "LogonType", "KeyLength", "ProcessName")),
    TRY_CAST(w."LogonType" AS INTEGER) AS "LogonType", TRY_CAST(w."KeyLength" AS INTEGER) AS "KeyLength",
    CASE WHEN w.channel = 'Security' AND w.event_id = 4688 THEN w."NewProcessName"
         ELSE coalesce(w."ProcessName", w."Image") END AS "ProcessName",
    w.ip AS "ClientIp", w.user_sid AS "UserSid",
    event_fields(w) AS "EventData", w.record_id AS "EventRecordId", w.source_file AS "SourceFile",
    pointer(w.source_file, w.channel, w.event_id, w.record_id) AS "_record"
FROM windows_event w;

-- Microsoft Sentinel
CREATE VIEW "SecurityEvent" AS SELECT * FROM events WHERE "Channel" = 'Security';
CREATE VIEW "WindowsEvent" AS
SELECT "TimeGenerated", "Computer", "Channel", "EventSourceName" AS "Provider", "EventID", "Level" AS "EventLevel",
    CASE "Level" WHEN 1 THEN 'Critical' WHEN 2 THEN 'Error' WHEN 3 THEN 'Warning' WHEN 4 THEN 'Information' WHEN 5 THEN 'Verbose'
         END AS "EventLevelName",
    "Keywords", "EventData", "EventRecordId", "UserSid" AS "SystemUserId", "Message", "SourceFile", "_record"
FROM events;
CREATE VIEW "Event" AS
SELECT "TimeGenerated", "Computer", "Channel" AS "EventLog", "EventSourceName" AS "Source", "EventID", "Level" AS "EventLevel",
    CASE "Level" WHEN 1 THEN 'Critical' WHEN 2 THEN 'Error' WHEN 3 THEN 'Warning' WHEN 4 THEN 'Information' WHEN 5 THEN 'Verbose'
         END AS "EventLevelName",
    coalesce("SubjectAccount", "User", "UserSid") AS "UserName", "Message" AS "RenderedDescription",
    event_xml("EventData") AS "EventData", "EventRecordId", "SourceFile", "_record"
FROM events WHERE "Channel" <> 'Security';

-- Channels by their short names
CREATE VIEW "Security" AS SELECT * FROM events WHERE "Channel" = 'Security';
CREATE VIEW "System" AS SELECT * FROM events WHERE "Channel" = 'System';
CREATE VIEW "Sysmon" AS SELECT * FROM events WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational';
CREATE VIEW "PowerShell" AS SELECT * FROM events
WHERE "Channel" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational', 'Windows PowerShell');
CREATE VIEW "WinRM" AS SELECT * FROM events WHERE "Channel" = 'Microsoft-Windows-WinRM/Operational';
CREATE VIEW "TaskScheduler" AS SELECT * FROM events WHERE "Channel" = 'Microsoft-Windows-TaskScheduler/Operational';

-- Microsoft Defender's advanced hunting
CREATE VIEW "DeviceProcessEvents" AS
SELECT "TimeGenerated" AS "Timestamp", "TimeGenerated", "Computer" AS "DeviceName", 'ProcessCreated' AS "ActionType",
    base_of("ProcessName") AS "FileName", regexp_replace("ProcessName", '[\\/][^\\/]*$', '') AS "FolderPath",
    "CommandLine" AS "ProcessCommandLine", coalesce("NewProcessId", "ProcessId") AS "ProcessId",
    regexp_extract("Hashes", 'SHA256=([0-9A-Fa-f]+)', 1) AS "SHA256", regexp_extract("Hashes", 'SHA1=([0-9A-Fa-f]+)', 1) AS "SHA1",
    regexp_extract("Hashes", 'MD5=([0-9A-Fa-f]+)', 1) AS "MD5",
    CASE WHEN "EventID" = 1 THEN split_part("User", '\', 1) WHEN "TargetUserName" IN ('-', '') OR "TargetUserName" IS NULL
         THEN "SubjectDomainName" ELSE "TargetDomainName" END AS "AccountDomain",
    CASE WHEN "EventID" = 1 THEN split_part("User", '\', -1) WHEN "TargetUserName" IN ('-', '') OR "TargetUserName" IS NULL
         THEN "SubjectUserName" ELSE "TargetUserName" END AS "AccountName",
    "SessionId" AS "LogonId", coalesce("IntegrityLevel", "MandatoryLabel") AS "ProcessIntegrityLevel",
    base_of(coalesce("ParentProcessName", "ParentImage")) AS "InitiatingProcessFileName",
    regexp_replace(coalesce("ParentProcessName", "ParentImage"), '[\\/][^\\/]*$', '') AS "InitiatingProcessFolderPath",
    "ParentCommandLine" AS "InitiatingProcessCommandLine",
    CASE WHEN "EventID" = 1 THEN "ParentProcessId" ELSE "ProcessId" END AS "InitiatingProcessId",
    CASE WHEN "EventID" = 1 THEN split_part("ParentUser", '\', -1) ELSE "SubjectUserName" END AS "InitiatingProcessAccountName",
    CASE WHEN "EventID" = 1 THEN split_part("ParentUser", '\', 1) ELSE "SubjectDomainName" END AS "InitiatingProcessAccountDomain",
    "OriginalFileName" AS "ProcessVersionInfoOriginalFileName", "Company" AS "ProcessVersionInfoCompanyName",
    "EventData" AS "AdditionalFields", "EventRecordId" AS "ReportId", "SourceFile", "_record"
FROM events
WHERE "Channel" = 'Security' AND "EventID" = 4688 OR "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = 1;

CREATE VIEW "DeviceLogonEvents" AS
SELECT "TimeGenerated" AS "Timestamp", "TimeGenerated", "Computer" AS "DeviceName",
    CASE "EventID" WHEN 4624 THEN 'LogonSuccess' ELSE 'LogonFailed' END AS "ActionType",
    CASE "LogonType" WHEN 2 THEN 'Interactive' WHEN 3 THEN 'Network' WHEN 4 THEN 'Batch' WHEN 5 THEN 'Service'
        WHEN 7 THEN 'Unlock' WHEN 8 THEN 'NetworkCleartext' WHEN 9 THEN 'NewCredentials' WHEN 10 THEN 'RemoteInteractive'
        WHEN 11 THEN 'CachedInteractive' ELSE CAST("LogonType" AS VARCHAR) END AS "LogonType",
    "AuthenticationPackageName" AS "Protocol", "TargetDomainName" AS "AccountDomain", "TargetUserName" AS "AccountName",
    coalesce("TargetUserSid", "TargetSid") AS "AccountSid", "ElevatedToken" IN ('%%1842', 'Yes', 'true') AS "IsLocalAdmin",
    "SessionId" AS "LogonId", "ClientIp" AS "RemoteIP", TRY_CAST("IpPort" AS INTEGER) AS "RemotePort",
    nullif(nullif("WorkstationName", '-'), '') AS "RemoteDeviceName",
    CASE WHEN "EventID" = 4625 THEN coalesce("FailureReason", "SubStatus", "Status") END AS "FailureReason",
    base_of("ProcessName") AS "InitiatingProcessFileName", "ProcessId" AS "InitiatingProcessId", "LogonProcessName",
    "EventData" AS "AdditionalFields", "EventRecordId" AS "ReportId", "SourceFile", "_record"
FROM events WHERE "Channel" = 'Security' AND "EventID" IN (4624, 4625);

CREATE VIEW "IdentityLogonEvents" AS
SELECT "TimeGenerated" AS "Timestamp", "TimeGenerated", "Computer" AS "DestinationDeviceName",
    CASE WHEN "Status" IN ('0x0', '0') OR "Status" IS NULL THEN 'LogonSuccess' ELSE 'LogonFailed' END AS "ActionType",
    CASE "EventID" WHEN 4776 THEN 'Ntlm' ELSE 'Kerberos' END AS "Protocol", "TargetDomainName" AS "AccountDomain",
    "TargetUserName" AS "AccountName", "ServiceName", "ClientIp" AS "IPAddress", "Workstation" AS "DeviceName",
    "Status" AS "FailureReason", "TicketEncryptionType", "EventRecordId" AS "ReportId", "SourceFile", "_record"
FROM events WHERE "Channel" = 'Security' AND "EventID" IN (4768, 4769, 4771, 4776);

CREATE VIEW "DeviceNetworkEvents" AS
SELECT c.time AS "Timestamp", c.time AS "TimeGenerated", c.host AS "DeviceName",
    CASE WHEN c.inbound THEN 'InboundConnectionAccepted' WHEN c.answered IS FALSE THEN 'ConnectionFailed' ELSE 'ConnectionSuccess' END
        AS "ActionType",
    CASE WHEN c.inbound THEN c.resp_ip ELSE c.orig_ip END AS "LocalIP", CASE WHEN c.inbound THEN c.resp_port ELSE c.orig_port END AS "LocalPort",
    CASE WHEN c.inbound THEN c.orig_ip ELSE c.resp_ip END AS "RemoteIP", CASE WHEN c.inbound THEN c.orig_port ELSE c.resp_port END AS "RemotePort",
    upper(c.proto) AS "Protocol", c.image_name AS "InitiatingProcessFileName", c.user_name AS "InitiatingProcessAccountName",
    c.sensor AS "Sensor", c.record_id AS "ReportId", c.source_file AS "SourceFile",
    pointer(c.source_file, c.channel, c.event_id, c.record_id) AS "_record"
FROM connection c WHERE c.host IS NOT NULL;

CREATE VIEW "DeviceFileEvents" AS
SELECT "TimeGenerated" AS "Timestamp", "TimeGenerated", "Computer" AS "DeviceName",
    CASE "EventID" WHEN 11 THEN 'FileCreated' WHEN 5145 THEN 'FileAccessedOverShare' ELSE 'FileDeleted' END AS "ActionType",
    base_of(coalesce("TargetFilename", "RelativeTargetName")) AS "FileName", coalesce("TargetFilename", "RelativeTargetName") AS "FolderPath",
    base_of("Image") AS "InitiatingProcessFileName", "ClientIp" AS "RequestSourceIP", "ShareName", "SubjectUserName" AS "RequestAccountName",
    "AccessMask", "EventRecordId" AS "ReportId", "SourceFile", "_record"
FROM events
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" IN (11, 23, 26) OR "Channel" = 'Security' AND "EventID" = 5145;

CREATE VIEW "DeviceRegistryEvents" AS
SELECT "TimeGenerated" AS "Timestamp", "TimeGenerated", "Computer" AS "DeviceName",
    CASE WHEN "EventID" = 12 AND "EventType" = 'DeleteKey' THEN 'RegistryKeyDeleted' WHEN "EventID" = 12 THEN 'RegistryKeyCreated'
         ELSE 'RegistryValueSet' END AS "ActionType",
    coalesce("TargetObject", "ObjectName") AS "RegistryKey", "ObjectValueName" AS "RegistryValueName",
    coalesce("Details", "NewValue") AS "RegistryValueData", "Process" AS "InitiatingProcessFileName",
    "SubjectUserName" AS "InitiatingProcessAccountName", "EventRecordId" AS "ReportId", "SourceFile", "_record"
FROM events
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" IN (12, 13, 14) OR "Channel" = 'Security' AND "EventID" = 4657;

CREATE VIEW "DeviceImageLoadEvents" AS
SELECT "TimeGenerated" AS "Timestamp", "TimeGenerated", "Computer" AS "DeviceName", 'ImageLoaded' AS "ActionType",
    base_of("ImageLoaded") AS "FileName", "ImageLoaded" AS "FolderPath", "Signed", "Signature",
    base_of("Image") AS "InitiatingProcessFileName", "EventRecordId" AS "ReportId", "SourceFile", "_record"
FROM events WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = 7;

CREATE VIEW "DeviceEvents" AS
SELECT "TimeGenerated" AS "Timestamp", "TimeGenerated", "Computer" AS "DeviceName",
    CASE WHEN "EventID" IN (7045, 4697) THEN 'ServiceInstalled' WHEN "EventID" IN (4698, 106) THEN 'ScheduledTaskCreated'
         WHEN "EventID" IN (17, 18) THEN 'NamedPipeEvent' WHEN "EventID" IN (4104, 4103) THEN 'PowerShellCommand'
         WHEN "EventID" IN (1102, 104) THEN 'SecurityLogCleared' WHEN "EventID" = 10 THEN 'OpenProcessApiCall'
         WHEN "EventID" = 8 THEN 'CreateRemoteThreadApiCall' ELSE 'WmiBindEventFilterToConsumer' END AS "ActionType",
    coalesce("ServiceName", "TaskName", "PipeName", "Name", "TargetImage") AS "FileName",
    coalesce("ServiceFileName", "ImagePath", "TaskContent", "ScriptBlockText", "Payload", "Consumer") AS "ProcessCommandLine",
    "SubjectUserName" AS "AccountName", "SubjectDomainName" AS "AccountDomain", "SessionId" AS "LogonId",
    "Process" AS "InitiatingProcessFileName", "EventData" AS "AdditionalFields", "EventRecordId" AS "ReportId", "SourceFile", "_record"
FROM events
WHERE "Channel" = 'System' AND "EventID" IN (7045, 104) OR "Channel" = 'Security' AND "EventID" IN (4697, 4698, 1102)
   OR "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" IN (8, 10, 17, 18, 19, 20, 21)
   OR "Channel" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational') AND "EventID" IN (4103, 4104)
   OR "Channel" = 'Microsoft-Windows-TaskScheduler/Operational' AND "EventID" = 106;

-- Logons and all that carries their id on their host; one whose logon was not collected has no logon columns.
CREATE VIEW sessions AS
WITH carried AS (
    SELECT host, logon_id, event_id, time, channel, computer, source_file, record_id FROM windows_event WHERE logon_id IS NOT NULL
), logon AS (
    SELECT host, logon_id, time, "TargetUserName", "TargetDomainName", "LogonType", ip, "WorkstationName", "AuthenticationPackageName",
        source_file, channel, event_id, record_id,
        coalesce(lead(time) OVER (PARTITION BY host, logon_id ORDER BY time, key), 'infinity'::TIMESTAMP) AS next
    FROM windows_event WHERE channel = 'Security' AND event_id = 4624 AND logon_id IS NOT NULL
), joined AS (
    SELECT c.host, c.logon_id, l.time AS logon_time, l."TargetUserName" AS account, l."TargetDomainName" AS domain,
        TRY_CAST(l."LogonType" AS INTEGER) AS logon_type, l.ip AS source_ip, nullif(l."WorkstationName", '-') AS workstation,
        l."AuthenticationPackageName" AS package, c.time, c.event_id, c.channel, c.computer,
        CASE WHEN l.time IS NOT NULL THEN pointer(l.source_file, l.channel, l.event_id, l.record_id)
             ELSE pointer(c.source_file, c.channel, c.event_id, c.record_id) END AS record
    FROM carried c LEFT JOIN logon l ON l.host = c.host AND l.logon_id = c.logon_id AND c.time >= l.time AND c.time < l.next
)
SELECT coalesce(logon_time, min(time)) AS "TimeGenerated", any_value(computer) AS "Computer", host AS "Host", logon_id AS "SessionId",
    account AS "Account", domain AS "Domain", logon_type AS "LogonType", source_ip AS "SourceIp", workstation AS "WorkstationName",
    package AS "AuthenticationPackageName", min(time) AS "Start", max(time) AS "End", count(*) AS "Events",
    count(*) FILTER (event_id IN (4688, 1)) AS "Processes", count(*) FILTER (event_id IN (5140, 5145)) AS "ShareAccesses",
    count(*) FILTER (event_id = 4672) > 0 AS "Elevated", min(record) AS "_record"
FROM joined GROUP BY host, logon_id, logon_time, account, domain, logon_type, source_ip, workstation, package;
