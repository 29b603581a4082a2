-- The tables that the stages hand to each other. Every stage reads and writes these and nothing else.
-- Columns that begin with a capital letter bear Windows' own field names and hold the text of the log as it was;
-- lower-case columns are ours: typed, normalised once on the way in.

CREATE TABLE windows_event (
    key UBIGINT,               -- identity by content: the same event read twice has the same key
    time TIMESTAMP,            -- best known UTC time
    recorded TIMESTAMP,        -- the time as the log gives it, before any correction
    received TIMESTAMP,        -- when a collector received it, by the collector's clock; null where the log does not say
    time_source VARCHAR,       -- the field that the time came from
    computer VARCHAR,          -- as written in the log
    host VARCHAR,              -- short name, lower case
    channel VARCHAR,           -- canonical case
    provider VARCHAR,
    event_id INTEGER,
    record_id BIGINT,
    user_sid VARCHAR,          -- System/Security@UserID: who caused a 7045, a WinRM 91
    process_id BIGINT,         -- System/Execution@ProcessID
    level INTEGER,             -- System/Level: 1 critical, 2 error, 3 warning, 4 information, 5 verbose
    keywords VARCHAR,          -- System/Keywords: 0x8010000000000000, or words where a collector writes these (Audit Failure)
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

-- Network events, in one shape whichever sensor saw them. orig_* is the client, resp_* the server: sides that a sensor
-- swapped are put right. `uid` joins what one sensor says of one flow; of two sensors that saw it, one copy is kept.
-- `channel` names the log (zeek_conn, suricata_flow); `event_id` and `record_id` are null where a sensor wrote the row.
CREATE TABLE connection (
    key UBIGINT,
    time TIMESTAMP,            -- when the flow began
    sensor VARCHAR,            -- who saw it: sysmon, wfp (5156), zeek, suricata
    sensor_name VARCHAR,       -- which sensor, where it says its name
    host VARCHAR,              -- the logging host, null for a network sensor
    uid VARCHAR,
    orig_ip VARCHAR, orig_port INTEGER,
    resp_ip VARCHAR, resp_port INTEGER,
    image_name VARCHAR,        -- process on the logging host
    user_name VARCHAR,
    inbound BOOLEAN,           -- seen by the receiving host
    proto VARCHAR,
    service VARCHAR,           -- what the sensor recognised, lower case: "gssapi,smb,krb", "dce_rpc"; null is no proof of absence
    conn_state VARCHAR,        -- the sensor's own word
    answered BOOLEAN,          -- the server took the connection: not refused, not unanswered
    one_way BOOLEAN,           -- the sensor saw one direction only
    swapped BOOLEAN,           -- the sensor had the sides the wrong way round
    copies INTEGER,            -- how many records said so
    duration DOUBLE,           -- seconds
    orig_bytes BIGINT, resp_bytes BIGINT,       -- payload; reckoned from packets where the sensor counts whole packets
    orig_packets BIGINT, resp_packets BIGINT,
    missed_bytes BIGINT,
    history VARCHAR,
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

CREATE TABLE dns (
    key UBIGINT, time TIMESTAMP, sensor VARCHAR, sensor_name VARCHAR,
    host VARCHAR,              -- the host that logged its own query (Sysmon 22, DNS client log) or the server's
    uid VARCHAR,
    client_ip VARCHAR, client_port INTEGER, server_ip VARCHAR, server_port INTEGER,
    image_name VARCHAR,        -- the process that asked, where its host logged it
    query VARCHAR,             -- lower case, without the last dot
    qtype VARCHAR,             -- A, AAAA, PTR, SRV, ...
    answers VARCHAR[],
    rcode VARCHAR,             -- NOERROR, NXDOMAIN, ...; of a host log Windows' status number
    rejected BOOLEAN,          -- whether the server refused to answer
    z INTEGER,                 -- the reserved bits of the header
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

CREATE TABLE smb_activity (
    key UBIGINT, time TIMESTAMP, sensor VARCHAR, sensor_name VARCHAR, uid VARCHAR,
    orig_ip VARCHAR, orig_port INTEGER, resp_ip VARCHAR, resp_port INTEGER,
    kind VARCHAR,              -- mapping (a share was connected), file (one on it), transfer (content that went over it)
    share VARCHAR,             -- without the server, upper case
    share_type VARCHAR,        -- disk, pipe, print
    path VARCHAR,              -- as given: \\server\share
    server VARCHAR,            -- the server's name as the client wrote it, lower case
    file_name VARCHAR,         -- path below the share
    action VARCHAR,            -- open, write, read, rename, delete, create, ...
    previous_name VARCHAR,
    size BIGINT,
    file_created TIMESTAMP,    -- by the server's clock
    is_new BOOLEAN,            -- the file was created by this open
    mime_type VARCHAR,
    hash VARCHAR,
    status VARCHAR,
    dialect VARCHAR,
    user_name VARCHAR, domain VARCHAR, client_name VARCHAR,
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

CREATE TABLE dce_rpc (
    key UBIGINT, time TIMESTAMP, sensor VARCHAR, sensor_name VARCHAR, uid VARCHAR,
    orig_ip VARCHAR, orig_port INTEGER, resp_ip VARCHAR, resp_port INTEGER,
    endpoint VARCHAR,          -- svcctl, ITaskSchedulerService, IWbemServices, ...: names as Zeek writes them
    operation VARCHAR,         -- CreateServiceW, SchRpcRegisterTask, ExecMethod, ...; null of a bind
    named_pipe VARCHAR,        -- without \pipe\, lower case; null over TCP
    interface_uuid VARCHAR,
    opnum INTEGER,
    call VARCHAR,              -- bind or request, where the sensor tells them apart
    round_trip DOUBLE,         -- seconds
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

CREATE TABLE kerberos_activity (
    key UBIGINT, time TIMESTAMP, sensor VARCHAR, sensor_name VARCHAR, uid VARCHAR,
    orig_ip VARCHAR, orig_port INTEGER, resp_ip VARCHAR, resp_port INTEGER,
    request_type VARCHAR,      -- AS, TGS; null where only the use of a ticket was seen (AP, inside SMB or HTTP)
    client VARCHAR,            -- the account, lower case, without its realm
    client_realm VARCHAR,
    service VARCHAR,           -- as given: cifs/SRV01, krbtgt/REALM, srv01$@REALM
    service_class VARCHAR,     -- cifs, http, host, krbtgt, ..., lower case; null for an account's name
    service_host VARCHAR,      -- the host that the ticket is for, lower case as written; null for krbtgt
    success BOOLEAN,
    error VARCHAR,
    cipher VARCHAR,
    forwardable BOOLEAN,
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

CREATE TABLE ntlm_activity (
    key UBIGINT, time TIMESTAMP, sensor VARCHAR, sensor_name VARCHAR, uid VARCHAR,
    orig_ip VARCHAR, orig_port INTEGER, resp_ip VARCHAR, resp_port INTEGER,
    user_name VARCHAR,         -- lower case
    domain VARCHAR,
    client_name VARCHAR,       -- the client's name for itself, lower case: it can write what it likes
    server_name VARCHAR,       -- NetBIOS name of the server, lower case
    server_dns_name VARCHAR, server_tree VARCHAR,
    success BOOLEAN,
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

-- Only what concerns movement: WinRM (/wsman, its ports, its client) and WebDAV (authentication that can be relayed).
CREATE TABLE http_activity (
    key UBIGINT, time TIMESTAMP, sensor VARCHAR, sensor_name VARCHAR, uid VARCHAR,
    orig_ip VARCHAR, orig_port INTEGER, resp_ip VARCHAR, resp_port INTEGER,
    method VARCHAR,
    server VARCHAR,            -- the Host header
    uri VARCHAR,
    user_agent VARCHAR,
    status INTEGER,
    user_name VARCHAR,
    request_bytes BIGINT, response_bytes BIGINT,
    mime_types VARCHAR[],      -- what the answer held
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

CREATE TABLE dhcp_lease (
    key UBIGINT, time TIMESTAMP, sensor VARCHAR, sensor_name VARCHAR, uid VARCHAR,
    zoned BOOLEAN,             -- false: `time` is the server's local time, in a zone that the log does not name
    ip VARCHAR,
    mac VARCHAR,               -- twelve hexadecimal digits, lower case
    host_name VARCHAR,         -- lower case, short or full as given
    action VARCHAR,            -- assign, renew, release, expire, delete, or the DHCP message
    lease_seconds DOUBLE,
    server_ip VARCHAR,
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

-- What a sensor itself found: Zeek's notices, Suricata's alerts.
CREATE TABLE sensor_alert (
    key UBIGINT, time TIMESTAMP, sensor VARCHAR, sensor_name VARCHAR, uid VARCHAR,
    orig_ip VARCHAR, orig_port INTEGER, resp_ip VARCHAR, resp_port INTEGER,
    name VARCHAR,              -- Scan::Port_Scan, or the signature
    text VARCHAR,
    detail VARCHAR,
    category VARCHAR,
    severity INTEGER,          -- the sensor's own scale
    channel VARCHAR, event_id INTEGER, record_id BIGINT, source_file VARCHAR
);

-- Hosts as the organisation or a sensor lists them. `time` is null where the list holds at all times.
CREATE TABLE asset (
    key UBIGINT, time TIMESTAMP,
    sensor VARCHAR,            -- assets, or zeek (known_hosts: address only)
    sensor_name VARCHAR,
    host VARCHAR,              -- lower case, short or full as given
    ip VARCHAR,
    mac VARCHAR,
    role VARCHAR,
    owner VARCHAR,
    signing BOOLEAN,           -- the host's SMB server asks for signatures; null where the list does not say
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
