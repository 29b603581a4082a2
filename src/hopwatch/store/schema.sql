-- The tables that the stages hand to each other. Every stage reads and writes these and nothing else.
-- Columns that begin with a capital letter bear Windows' own field names and hold the text of the log as it was;
-- lower-case columns are ours: typed, normalised once on the way in.

CREATE TABLE windows_event (
    key UBIGINT,               -- identity by content: the same event read twice has the same key
    time TIMESTAMP,            -- best known UTC time
    recorded TIMESTAMP,        -- the time as the log gives it, before any correction
    time_source VARCHAR,       -- the field that the time came from
    computer VARCHAR,          -- as written in the log
    host VARCHAR,              -- short name, lower case
    channel VARCHAR,           -- canonical case
    provider VARCHAR,
    event_id INTEGER,
    record_id BIGINT,
    user_sid VARCHAR,          -- System/Security@UserID: who caused a 7045, a WinRM 91
    process_id BIGINT,         -- System/Execution@ProcessID
    source_file VARCHAR,
    logon_id UBIGINT,          -- the session that the event belongs to on its host; null for the machine's own ids
    subject_logon_id UBIGINT,
    target_logon_id UBIGINT,
    ip VARCHAR,                -- IpAddress, ClientAddress and their like, canonical; null where the log says "-"
    port INTEGER,
    access_mask BIGINT,
    share VARCHAR,             -- ShareName without \\*\, upper case
    image_path VARCHAR,        -- the process that acted or was created: full path, lower case
    image_name VARCHAR,        -- its base name
    parent_name VARCHAR,       -- base name of the parent of a created process
    pid BIGINT,                -- id of the created or acting process
    parent_pid BIGINT,
    -- logon, Kerberos, credentials
    "SubjectUserSid" VARCHAR, "SubjectUserName" VARCHAR, "SubjectDomainName" VARCHAR, "SubjectLogonId" VARCHAR,
    "TargetUserSid" VARCHAR, "TargetSid" VARCHAR, "TargetUserName" VARCHAR, "TargetDomainName" VARCHAR, "TargetLogonId" VARCHAR,
    "LogonType" VARCHAR, "LogonProcessName" VARCHAR, "AuthenticationPackageName" VARCHAR, "LmPackageName" VARCHAR,
    "WorkstationName" VARCHAR, "Workstation" VARCHAR, "LogonGuid" VARCHAR, "KeyLength" VARCHAR, "ElevatedToken" VARCHAR,
    "TargetLinkedLogonId" VARCHAR, "TargetOutboundUserName" VARCHAR, "TargetOutboundDomainName" VARCHAR,
    "TargetServerName" VARCHAR, "TargetInfo" VARCHAR, "IpAddress" VARCHAR, "IpPort" VARCHAR, "Status" VARCHAR,
    "SubStatus" VARCHAR, "FailureReason" VARCHAR, "PackageName" VARCHAR, "PreAuthType" VARCHAR, "ServiceSid" VARCHAR,
    "TicketEncryptionType" VARCHAR, "TicketOptions" VARCHAR, "TransmittedServices" VARCHAR, "PrivilegeList" VARCHAR,
    "MemberName" VARCHAR, "MemberSid" VARCHAR,
    -- processes
    "NewProcessId" VARCHAR, "NewProcessName" VARCHAR, "ProcessId" VARCHAR, "ProcessName" VARCHAR, "ParentProcessName" VARCHAR,
    "CommandLine" VARCHAR, "TokenElevationType" VARCHAR, "MandatoryLabel" VARCHAR, "Image" VARCHAR, "ParentImage" VARCHAR,
    "ParentCommandLine" VARCHAR, "ParentProcessId" VARCHAR, "ProcessGuid" VARCHAR, "ParentProcessGuid" VARCHAR, "User" VARCHAR,
    "UtcTime" VARCHAR, "ParentUser" VARCHAR, "LogonId" VARCHAR, "TerminalSessionId" VARCHAR, "IntegrityLevel" VARCHAR, "CurrentDirectory" VARCHAR,
    "OriginalFileName" VARCHAR, "Description" VARCHAR, "Company" VARCHAR, "Hashes" VARCHAR, "ImageLoaded" VARCHAR,
    "Signed" VARCHAR, "Signature" VARCHAR,
    -- services and tasks
    "ServiceName" VARCHAR, "ServiceFileName" VARCHAR, "ImagePath" VARCHAR, "ServiceType" VARCHAR, "StartType" VARCHAR,
    "ServiceStartType" VARCHAR, "ServiceAccount" VARCHAR, "AccountName" VARCHAR, "AccountDomain" VARCHAR, "TaskName" VARCHAR,
    "TaskContent" VARCHAR, "TaskContentNew" VARCHAR, "RpcCallClientLocality" VARCHAR, "ClientProcessId" VARCHAR,
    "ActionName" VARCHAR, "UserContext" VARCHAR, "UserName" VARCHAR, "Path" VARCHAR,
    "param1" VARCHAR, "param2" VARCHAR, "param3" VARCHAR, "param4" VARCHAR, "param5" VARCHAR, "param6" VARCHAR, "param7" VARCHAR,
    "param8" VARCHAR,
    -- shares, files, registry, pipes, objects
    "ShareName" VARCHAR, "ShareLocalPath" VARCHAR, "RelativeTargetName" VARCHAR, "AccessMask" VARCHAR, "AccessList" VARCHAR,
    "ObjectType" VARCHAR, "ObjectName" VARCHAR, "ObjectServer" VARCHAR, "ObjectValueName" VARCHAR, "NewValue" VARCHAR,
    "TargetFilename" VARCHAR, "TargetObject" VARCHAR, "Details" VARCHAR, "EventType" VARCHAR, "PipeName" VARCHAR,
    "SourceImage" VARCHAR, "TargetImage" VARCHAR, "GrantedAccess" VARCHAR,
    -- connections
    "Initiated" VARCHAR, "Protocol" VARCHAR, "SourceIp" VARCHAR, "SourceHostname" VARCHAR, "SourcePort" VARCHAR,
    "DestinationIp" VARCHAR, "DestinationHostname" VARCHAR, "DestinationPort" VARCHAR, "Application" VARCHAR,
    "Direction" VARCHAR, "SourceAddress" VARCHAR, "DestAddress" VARCHAR, "DestPort" VARCHAR, "QueryName" VARCHAR,
    "QueryResults" VARCHAR,
    -- WMI, PowerShell, WinRM, terminal services, the rest
    "Operation" VARCHAR, "Consumer" VARCHAR, "Filter" VARCHAR, "Destination" VARCHAR, "Query" VARCHAR, "Name" VARCHAR,
    "EventNamespace" VARCHAR, "ScriptBlockText" VARCHAR, "ScriptBlockId" VARCHAR, "ContextInfo" VARCHAR, "Payload" VARCHAR,
    "HostApplication" VARCHAR, "connection" VARCHAR, "resourceUri" VARCHAR, "operationName" VARCHAR, "url" VARCHAR,
    "SessionName" VARCHAR, "ClientName" VARCHAR, "ClientAddress" VARCHAR, "Address" VARCHAR, "SessionID" VARCHAR,
    "Data" VARCHAR, "Message" VARCHAR,
    event_data VARCHAR         -- JSON of the fields that have no column
);

CREATE TABLE connection (
    key UBIGINT,
    time TIMESTAMP,
    sensor VARCHAR,            -- who saw it: sysmon, wfp (5156), zeek, suricata
    host VARCHAR,              -- the logging host, null for a network sensor
    orig_ip VARCHAR, orig_port INTEGER,
    resp_ip VARCHAR, resp_port INTEGER,
    image_name VARCHAR,        -- process on the logging host
    user_name VARCHAR,
    inbound BOOLEAN,           -- seen by the receiving host
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

CREATE TABLE signal (
    key UBIGINT,               -- of the event that matched
    rule VARCHAR,
    text VARCHAR,              -- the rule's sentence, filled in
    extract_target VARCHAR,    -- whom the text of the event names, where the rule says how to read it
    extract_source VARCHAR,
    extract_account VARCHAR
);
