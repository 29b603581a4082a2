-- Routes every signal, logon and connection to the host that it is evidence about, and says where it came from.
-- Afterwards the tables `item` (signals and logons) and `flow` hold all that the kernel needs, target by target.

CREATE OR REPLACE TEMP TABLE own_span AS
SELECT host, ip, min(hour) - INTERVAL 1 DAY AS first, max(hour) + INTERVAL 1 DAY + INTERVAL 1 HOUR AS last
FROM fact_address WHERE source IN ('own', 'machine_logon') GROUP BY ALL;

-- Connections that hosts logged. The initiator is Source*, but for old Sysmon, which puts the local side there.
CREATE OR REPLACE TEMP TABLE host_flow AS
WITH seen AS (
    SELECT key, time, host, image_name, account_name("User") AS user_name,
        lower("Initiated") = 'false' AS inbound,
        "SourceIp" AS a_ip, TRY_CAST("SourcePort" AS INTEGER) AS a_port,
        "DestinationIp" AS b_ip, TRY_CAST("DestinationPort" AS INTEGER) AS b_port,
        coalesce(short_name("SourceHostname") = host, FALSE) AS a_named,
        coalesce(short_name("DestinationHostname") = host, FALSE) AS b_named, pid,
        channel, event_id, record_id, source_file
    FROM windows_event
    WHERE channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 3 AND lower("Protocol") = 'tcp'
    UNION ALL
    SELECT key, time, host, image_name, NULL, contains("Direction", '%%14592'),
        "SourceAddress", TRY_CAST("SourcePort" AS INTEGER), "DestAddress", TRY_CAST("DestPort" AS INTEGER),
        FALSE, FALSE, pid, channel, event_id, record_id, source_file
    FROM windows_event WHERE channel = 'Security' AND event_id = 5156 AND "Protocol" = '6'
), sided AS (
    SELECT s.*, event_id = 3 AND inbound AND CASE
        WHEN (a.host IS NULL) <> (b.host IS NULL) THEN a.host IS NOT NULL
        WHEN a_named <> b_named THEN a_named
        ELSE service_port(a_port) AND NOT service_port(b_port) END AS swapped
    FROM seen s
    LEFT JOIN own_span a ON a.host = s.host AND a.ip = a_ip AND s.time BETWEEN a.first AND a.last
    LEFT JOIN own_span b ON b.host = s.host AND b.ip = b_ip AND s.time BETWEEN b.first AND b.last
)
SELECT key, time, CASE event_id WHEN 3 THEN 'sysmon' ELSE 'wfp' END AS sensor, host,
    CASE WHEN swapped THEN b_ip ELSE a_ip END AS orig_ip, CASE WHEN swapped THEN b_port ELSE a_port END AS orig_port,
    CASE WHEN swapped THEN a_ip ELSE b_ip END AS resp_ip, CASE WHEN swapped THEN a_port ELSE b_port END AS resp_port,
    image_name, user_name, inbound, pid, channel, event_id, record_id, source_file
FROM sided;

CREATE OR REPLACE TEMP TABLE forwarding AS
WITH pair AS (SELECT orig_ip, resp_ip, bool_or(forwards) AS forwards FROM fact_winrm GROUP BY ALL),
called AS (SELECT resp_ip, count(*) AS callers FROM pair GROUP BY resp_ip),
calls AS (SELECT orig_ip, count(*) AS servers FROM pair GROUP BY orig_ip)
SELECT orig_ip, resp_ip FROM pair JOIN called USING (resp_ip) JOIN calls USING (orig_ip)
WHERE forwards OR callers >= 8 AND servers <= 2;

CREATE OR REPLACE TEMP TABLE all_flow AS
SELECT * FROM (
    SELECT *, NULL::BIGINT AS orig_bytes, NULL::BIGINT AS resp_bytes FROM host_flow
    UNION ALL BY NAME
    SELECT key, time, sensor, sensor_name, orig_ip, orig_port, resp_ip, resp_port, orig_bytes, resp_bytes, channel, source_file
    FROM connection WHERE coalesce(answered, TRUE)
)
WHERE port_family(resp_port) IS NOT NULL AND orig_ip IS NOT NULL AND resp_ip IS NOT NULL AND orig_ip <> resp_ip
  AND NOT (port_family(resp_port) = 'winrm' AND (orig_ip, resp_ip) IN (SELECT (orig_ip, resp_ip) FROM forwarding))
  AND NOT loopback(orig_ip) AND NOT loopback(resp_ip) AND NOT multicast(resp_ip)
  -- Forwarding of events: svchost as NETWORK SERVICE to the collector.
  AND NOT (port_family(resp_port) = 'winrm' AND NOT coalesce(inbound, FALSE) AND coalesce(image_name, '') = 'svchost.exe');

-- Network events that a rule matched, in one form; who spoke over a connection is known from its NTLM.
CREATE OR REPLACE TEMP TABLE net_event AS
WITH spoke AS (
    SELECT sensor, uid, arg_min(user_name, (time, user_name)) AS user_name, arg_min(domain, (time, user_name)) AS domain
    FROM ntlm_activity WHERE uid IS NOT NULL AND user_name IS NOT NULL AND coalesce(success, TRUE) GROUP BY ALL
)
SELECT e.* EXCLUDE (sensor, uid) REPLACE (coalesce(e.user_name, s.user_name) AS user_name,
    coalesce(e.domain, CASE WHEN e.user_name IS NULL THEN s.domain END) AS domain)
FROM (
    SELECT key, sensor, uid, time, 'flow' AS what, orig_ip, orig_port, resp_ip, NULL AS user_name, NULL AS domain, channel, source_file FROM connection
    UNION ALL SELECT key, sensor, uid, time, 'smb', orig_ip, orig_port, resp_ip, user_name, domain, channel, source_file FROM smb_activity
    UNION ALL SELECT key, sensor, uid, time, 'rpc', orig_ip, orig_port, resp_ip, NULL, NULL, channel, source_file FROM dce_rpc
    UNION ALL SELECT key, sensor, uid, time, 'ticket', orig_ip, orig_port, resp_ip, client, client_realm, channel, source_file FROM kerberos_activity
    UNION ALL SELECT key, sensor, uid, time, 'ntlm', orig_ip, orig_port, resp_ip, user_name, domain, channel, source_file FROM ntlm_activity
    UNION ALL SELECT key, sensor, uid, time, 'http', orig_ip, orig_port, resp_ip, user_name, NULL, channel, source_file FROM http_activity
) e SEMI JOIN signal USING (key) LEFT JOIN spoke s ON s.sensor = e.sensor AND s.uid = e.uid;

-- Whose address was it then? The nearest observation answers, strong ones before weak ones, none older than a day.
CREATE OR REPLACE TEMP TABLE ip_host AS
WITH ask AS (
    SELECT orig_ip AS ip, date_trunc('hour', time) AS hour FROM all_flow
    UNION SELECT resp_ip, date_trunc('hour', time) FROM all_flow
    UNION SELECT ip, date_trunc('hour', time) FROM (
        SELECT time, unnest([orig_ip, resp_ip]) AS ip FROM net_event) WHERE ip IS NOT NULL
    UNION SELECT e.ip, date_trunc('hour', time) FROM windows_event e SEMI JOIN signal USING (key) WHERE e.ip IS NOT NULL
    UNION SELECT ip, date_trunc('hour', time) FROM windows_event
        WHERE channel = 'Security' AND event_id = 4624 AND ip IS NOT NULL
    UNION SELECT named_host(n.target), date_trunc('hour', time)
        FROM (SELECT key, unnest(string_split(extract_target, ',')) AS target FROM signal) n JOIN windows_event USING (key)
        WHERE is_address(named_host(n.target))
)
SELECT ask.ip, ask.hour, arg_min(host, (
        source IN ('sysmon_name', 'share_path', 'dns'), coalesce(abs(epoch(ask.hour) - epoch(f.hour)), 0),
        address_rank(source), host)) AS host
FROM ask JOIN fact_address f ON f.ip = ask.ip
-- A workstation name is the client's own word: it may label an address, never say whose it is.
WHERE coalesce(abs(epoch(ask.hour) - epoch(f.hour)), 0) <= 86400 AND source <> 'workstation'
GROUP BY ALL;

-- An address that nothing names is that of the one host whose logons came over the connections to it, port for port.
INSERT INTO ip_host
WITH met AS (
    SELECT f.resp_ip AS ip, any_value(e.host) AS host
    FROM all_flow f JOIN windows_event e ON e.ip = f.orig_ip AND e.port = f.orig_port
    WHERE e.channel = 'Security' AND e.event_id = 4624 AND f.host IS NULL AND abs(epoch(e.time) - epoch(f.time)) <= 600
    GROUP BY f.resp_ip HAVING count(DISTINCT e.host) = 1
)
SELECT DISTINCT m.ip, date_trunc('hour', f.time), m.host
FROM met m JOIN all_flow f ON f.resp_ip = m.ip
WHERE m.ip NOT IN (SELECT ip FROM ip_host);

-- The one name that clients at an address gave themselves, where the address is nobody's and the name no known host's.
CREATE OR REPLACE TEMP TABLE ip_alias AS
SELECT ip, min(host) AS alias FROM fact_address
WHERE source = 'workstation' AND ip NOT IN (SELECT ip FROM ip_host) AND host NOT IN (SELECT host FROM fact_name)
GROUP BY ip HAVING count(DISTINCT host) = 1;

-- A connection's target is the host that has the address; the host that accepted it is that host.
CREATE OR REPLACE TEMP TABLE flow AS
SELECT f.* EXCLUDE (image_name),
    coalesce(CASE WHEN inbound THEN f.host END, r.host, resp_ip) AS target,
    CASE WHEN NOT inbound AND f.host IS NOT NULL THEN f.host ELSE o.host END AS src_host,
    CASE WHEN inbound THEN image_name END AS receiver,
    CASE WHEN NOT inbound THEN image_name END AS sender,
    port_family(resp_port) AS family
FROM all_flow f
LEFT JOIN ip_host o ON o.ip = orig_ip AND o.hour = date_trunc('hour', time)
LEFT JOIN ip_host r ON r.ip = resp_ip AND r.hour = date_trunc('hour', time);

DELETE FROM flow WHERE target IN (src_host, orig_ip);

-- The network logons of a host, and which of them were made on the host itself.
CREATE OR REPLACE TEMP TABLE logon AS
SELECT e.key, e.time, e.host AS target, e.logon_id, e.ip, e.port, h.host AS src_host,
    account_name("TargetUserName") AS account, shown_account("TargetUserName") AS shown, nullif("TargetDomainName", '-') AS domain, "TargetUserSid" AS sid,
    TRY_CAST("LogonType" AS INTEGER) AS logon_type,
    CASE WHEN TRY_CAST("LogonType" AS INTEGER) = 2 THEN base_name("ProcessName") END AS made_by, trim("AuthenticationPackageName") AS package,
    named(trim("LmPackageName")) AS lm,
    trim("LogonProcessName") AS process, TRY_CAST("KeyLength" AS INTEGER) AS key_length,
    named(nullif(lower("WorkstationName"), 'null')) AS workstation, contains("ElevatedToken", '%%1842') AS elevated,
    coalesce(loopback(e.ip), FALSE) OR o.ip IS NOT NULL
        OR CASE TRY_CAST("LogonType" AS INTEGER)
            WHEN 3 THEN e.ip IS NULL AND (coalesce(e.pid, 0) <> 0 OR coalesce(lower("WorkstationName") = e.host, FALSE))
            WHEN 8 THEN e.ip IS NULL
            WHEN 10 THEN FALSE
            WHEN 7 THEN e.ip IS NULL
            ELSE TRUE END AS is_local,
    e.channel, e.event_id, e.record_id, e.source_file
FROM windows_event e
LEFT JOIN own_span o ON o.host = e.host AND o.ip = e.ip AND e.time BETWEEN o.first AND o.last
LEFT JOIN ip_host h ON h.ip = e.ip AND h.hour = date_trunc('hour', e.time)
WHERE e.channel = 'Security' AND e.event_id = 4624 AND e.logon_id IS NOT NULL;

-- Signals with what they say about whom. A source-side act is evidence about each host that it names.
CREATE OR REPLACE TEMP TABLE act AS
WITH named AS (
    SELECT s.key, s.rule, s.text, r.leg, r.technique, r.points, r.policy, r.remote_origin, r.needs_session,
        extract_source, extract_account,
        unnest(CASE WHEN r.leg = 'source' THEN string_split(coalesce(extract_target, ''), ',') ELSE [''] END) AS named_target
    FROM signal s JOIN rule r ON r.name = s.rule
), reached AS (
    -- A library that a source-side act needs names nobody: the same process's connections to another host's RPC do.
    SELECT DISTINCT n.key, n.rule, f.target
    FROM named n JOIN windows_event e USING (key)
    JOIN flow f ON f.host = e.host AND f.pid = e.pid AND NOT f.inbound AND f.family IN ('rpc', 'dynamic')
    WHERE n.leg = 'source' AND n.named_target = '' AND e.event_id = 7
      AND f.time BETWEEN e.time - INTERVAL 5 SECOND AND e.time + INTERVAL (@WINDOW@) SECOND
      AND f.resp_ip NOT IN (SELECT ip FROM fact_directory)
), placed AS (
    SELECT n.* EXCLUDE (extract_source, extract_account), e.time, e.host AS log_host,
        CASE WHEN leg <> 'source' THEN coalesce(f.target, e.host)
            WHEN reached.target IS NOT NULL THEN reached.target
            WHEN is_address(named_host(named_target)) THEN coalesce(h.host, named_host(named_target))
            ELSE named_host(named_target) END AS target,
        CASE WHEN leg = 'source' THEN NULL ELSE e.logon_id END AS logon_id,
        e.channel = 'Security' AND e.event_id = 4769 AS is_ticket,
        CASE WHEN leg = 'source' AND NOT is_ticket THEN NULL ELSE coalesce(f.orig_ip, e.ip, CASE WHEN is_address(named_host(n.extract_source)) THEN named_host(n.extract_source) END)
            END AS src_ip,
        CASE WHEN leg = 'source' THEN NULL ELSE coalesce(f.orig_port, e.port) END AS src_port,
        CASE WHEN is_ticket THEN NULL WHEN leg = 'source' THEN e.host ELSE coalesce(f.src_host,
            CASE WHEN NOT is_address(named_host(n.extract_source)) THEN named_host(n.extract_source) END) END AS src_name,
        CASE WHEN is_ticket THEN 'kerberos' WHEN leg = 'source' THEN 'source_log' WHEN f.key IS NOT NULL THEN 'connection'
            WHEN e.event_id = 10016 THEN 'dcom_error'
            WHEN n.extract_source IS NULL OR e.ip IS NOT NULL THEN 'logon'
            WHEN e.event_id = 11 THEN 'key_file' ELSE 'pipe_name' END AS known_by,
        shown_account(coalesce(named(n.extract_account),
            CASE WHEN e.event_id IN (4688, 4648, 4625, 4771, 4776, 4624) THEN named(e."TargetUserName") END,
            named(e."User"), named(e."SubjectUserName"))) AS shown,
        coalesce(CASE WHEN e.event_id IN (4688, 4648, 4625, 4624) THEN named(e."TargetDomainName") END,
            account_domain(e."User"), named(e."SubjectDomainName")) AS domain,
        coalesce(CASE WHEN e.event_id IN (4648, 4625, 4624) THEN NULL WHEN e.event_id = 4688 THEN named(e."TargetUserSid") END,
            CASE WHEN e.channel = 'Security' THEN named(e."SubjectUserSid") END) AS sid,
        e.user_sid,
        CASE WHEN n.leg = 'source' AND NOT is_ticket THEN bare_account(coalesce(named(e."SubjectUserName"), e."User")) END AS actor,
        CASE WHEN e.event_id IN (7045, 91) THEN nullif(e.user_sid, 'S-1-5-18') END AS by_sid,
        -- Free to be attached by time: what has no logon id because its log knows none.
        CASE WHEN e.logon_id IS NOT NULL THEN TRUE
            WHEN e.channel = 'Security' THEN e.event_id = 4688 AND coalesce(e.parent_name = 'wmiprvse.exe', FALSE)
            WHEN e.event_id = 7045 THEN coalesce(e.user_sid <> 'S-1-5-18', TRUE)
            ELSE TRUE END AS free,
        CASE WHEN e.event_id = 5145 AND contains(coalesce(e."AccessList", '%%4417'), '%%4417')
                THEN base_name(e."RelativeTargetName")
            WHEN e.event_id = 11 AND e.pid = 4 THEN base_name(e."TargetFilename") END AS writes,
        CASE WHEN e.event_id IN (7045, 4697) OR e.event_id = 13 THEN program_of(coalesce(
            e."ImagePath", e."ServiceFileName", CASE WHEN contains(lower(e."TargetObject"), '\imagepath') THEN e."Details" END))
            END AS installs,
        CASE WHEN e.event_id IN (1, 4688) THEN e.image_name END AS runs,
        e.parent_name, e.pid, e.parent_pid,
        e.channel, e.event_id, e.record_id, e.source_file
    FROM named n
    JOIN windows_event e USING (key)
    LEFT JOIN flow f ON f.key = n.key
    LEFT JOIN reached ON reached.key = n.key AND reached.rule = n.rule
    LEFT JOIN ip_host h ON h.ip = named_host(named_target) AND h.hour = date_trunc('hour', e.time)
    WHERE NOT (e.channel = 'Security' AND e.event_id = 4624 AND n.leg = 'logon')
)
SELECT hash(key, rule, target) AS id, CASE WHEN is_ticket THEN 'ticket' ELSE 'act' END AS kind,
    p.* EXCLUDE (named_target, src_name, is_ticket), lower(shown) AS account,
    coalesce(src_name, h.host) AS src_host,
    coalesce(loopback(src_ip) OR o.ip IS NOT NULL OR src_name = target, FALSE) AS is_local
FROM placed p
LEFT JOIN ip_host h ON h.ip = p.src_ip AND h.hour = date_trunc('hour', p.time)
LEFT JOIN own_span o ON o.host = p.target AND o.ip = p.src_ip AND p.time BETWEEN o.first AND o.last
WHERE leg <> 'source' OR (target IS NOT NULL AND target <> log_host AND NOT local_name(target));

-- What sensors saw of acts: from the client's address to the server's, a ticket to the host that it is for.
INSERT INTO act BY NAME
WITH seen AS (
    SELECT s.key, s.rule, s.text, r.leg, r.technique, r.points, r.policy, r.remote_origin, r.needs_session, e.time,
        CASE WHEN what = 'ticket' THEN 'ticket' ELSE 'act' END AS kind,
        CASE WHEN what = 'ticket' THEN named_host(extract_target) ELSE coalesce(t.host, resp_ip) END AS target,
        orig_ip AS src_ip, orig_port AS src_port, o.host AS src_host,
        CASE WHEN what = 'ticket' THEN 'kerberos' ELSE 'connection' END AS known_by,
        shown_account(coalesce(extract_account, user_name)) AS shown, domain, channel, source_file
    FROM signal s JOIN rule r ON r.name = s.rule JOIN net_event e USING (key)
    LEFT JOIN ip_host o ON o.ip = orig_ip AND o.hour = date_trunc('hour', e.time)
    LEFT JOIN ip_host t ON t.ip = resp_ip AND t.hour = date_trunc('hour', e.time)
)
SELECT hash(key, rule, target) AS id, *, lower(shown) AS account, FALSE AS is_local, FALSE AS free
FROM seen WHERE target IS NOT NULL AND target IS DISTINCT FROM src_host AND target <> src_ip;

CREATE OR REPLACE TEMP TABLE directory_client AS
SELECT DISTINCT ip, port, target, unnest([minute - INTERVAL 1 MINUTE, minute, minute + INTERVAL 1 MINUTE]) AS minute
FROM (
    SELECT orig_ip AS ip, orig_port AS port, CASE WHEN inbound THEN f.host ELSE r.host END AS target, date_trunc('minute', time) AS minute
    FROM host_flow f LEFT JOIN ip_host r ON r.ip = resp_ip AND r.hour = date_trunc('hour', time)
    WHERE resp_port IN (88, 389, 636, 3268, 3269)
);

-- One table of everything that happened at a target: signals, and logons whether a rule names them or not.
CREATE OR REPLACE TEMP TABLE item AS
SELECT * FROM act
UNION ALL BY NAME
SELECT 'logon' AS kind, hash(l.key, 'logon') AS id, l.key, l.time, l.target, l.target AS log_host, l.logon_id,
    l.ip AS src_ip, l.port AS src_port, l.src_host, 'logon' AS known_by, l.logon_type, l.made_by AS runs,
    CASE WHEN l.made_by IS NOT NULL THEN 'services.exe' END AS parent_name, l.account, l.shown, l.domain, l.sid, l.is_local,
    'logon' AS leg, CASE WHEN d.ip IS NULL THEN s.rule END AS rule, s.text, coalesce(s.points, 0) AS points, s.technique, s.policy,
    FALSE AS remote_origin, FALSE AS needs_session, FALSE AS free,
    l.channel, l.event_id, l.record_id, l.source_file
FROM logon l
LEFT JOIN (
    SELECT key, arg_max(rule, (r.points, rule)) AS rule, arg_max(text, (r.points, rule)) AS text, max(r.points) AS points,
        arg_max(r.technique, (r.points, rule)) AS technique, arg_max(r.policy, (r.points, rule)) AS policy
    FROM signal JOIN rule r ON r.name = rule WHERE r.leg = 'logon' GROUP BY key
) s USING (key)
-- A logon whose own port talked to a directory is no movement.
LEFT JOIN directory_client d ON d.ip = l.ip AND d.port = l.port AND d.target = l.target AND d.minute = date_trunc('minute', l.time);

-- No later step asks for these.
DROP TABLE own_span;
DROP TABLE host_flow;
DROP TABLE forwarding;
DROP TABLE all_flow;
DROP TABLE net_event;
DROP TABLE ip_host;
DROP TABLE act;
DROP TABLE directory_client;
