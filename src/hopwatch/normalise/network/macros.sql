-- How a sensor's texts become values, and what of them is kept. Each gives null for what it cannot read.

-- A time as an epoch in seconds or milliseconds, or as text in any zone (none: UTC).
CREATE OR REPLACE MACRO epoch_time(seconds) AS CASE
    WHEN seconds BETWEEN 631152000 AND 7258118400 THEN make_timestamp(CAST(round(seconds * 1000000) AS BIGINT))
    WHEN seconds BETWEEN 631152000000 AND 7258118400000 THEN make_timestamp(CAST(round(seconds * 1000) AS BIGINT)) END;
CREATE OR REPLACE MACRO seen_time(text) AS
    CASE WHEN TRY_CAST(text AS DOUBLE) IS NULL THEN moment(text) ELSE epoch_time(TRY_CAST(text AS DOUBLE)) END;

CREATE OR REPLACE MACRO span_of(text) AS
    CASE WHEN TRY_CAST(text AS DOUBLE) BETWEEN 0 AND 100000000 THEN TRY_CAST(text AS DOUBLE) END;
CREATE OR REPLACE MACRO count_of(text) AS
    CASE WHEN TRY_CAST(text AS BIGINT) BETWEEN 0 AND 1000000000000000 THEN TRY_CAST(text AS BIGINT) END;
CREATE OR REPLACE MACRO plain(text) AS nullif(text, '');
CREATE OR REPLACE MACRO lowered(text) AS lower(nullif(text, ''));

-- \\server\share, however many backslashes are left of it.
CREATE OR REPLACE MACRO share_name(path) AS nullif(upper(regexp_extract(rtrim(path, '\'), '[^\\]*$')), '');
CREATE OR REPLACE MACRO server_of(path) AS nullif(lower(regexp_extract(path, '^\\\\([^\\]+)\\', 1)), '');
CREATE OR REPLACE MACRO pipe_name(text) AS CASE WHEN NOT regexp_full_match(text, '[0-9]*')
    THEN nullif(lower(regexp_replace(text, '^\\*(pipe\\)?', '', 'i')), '') END;
CREATE OR REPLACE MACRO act_name(text) AS regexp_replace(lower(nullif(text, '')), '^smb::(file_)?', '');
CREATE OR REPLACE MACRO smb_act(command) AS CASE
    WHEN contains(command, 'TREE_CONNECT') THEN 'map'
    WHEN ends_with(command, '_CREATE') OR contains(command, 'CREATE_ANDX') OR contains(command, 'OPEN') THEN 'open'
    WHEN contains(command, '_WRITE') THEN 'write'
    WHEN contains(command, '_READ') THEN 'read'
    WHEN contains(command, '_RENAME') THEN 'rename'
    WHEN contains(command, '_DELETE') THEN 'delete'
    WHEN contains(command, '_SET_INFO') THEN 'set' END;

-- client: pgustavo/THESHIRE.LOCAL. service: cifs/SRV01.corp.example:445, krbtgt/REALM, LDAP/DC01/DOMAIN, srv01$@REALM.
CREATE OR REPLACE MACRO account_of(client) AS nullif(lower(regexp_replace(client, '/[^/]*$', '')), '');
CREATE OR REPLACE MACRO realm_of(client) AS CASE WHEN contains(client, '/') THEN regexp_extract(client, '[^/]*$') END;
CREATE OR REPLACE MACRO service_class_of(service) AS
    CASE WHEN contains(service, '/') THEN nullif(lower(split_part(service, '/', 1)), '') END;
CREATE OR REPLACE MACRO service_host_of(service) AS nullif(lower(CASE
    WHEN lower(service) LIKE 'krbtgt%' THEN ''
    WHEN contains(service, '/') THEN regexp_replace(split_part(split_part(service, '/', 2), '@', 1), ':[^:]*$', '')
    WHEN contains(service, '$') THEN split_part(service, '$', 1)
    ELSE '' END), '');
CREATE OR REPLACE MACRO kerberos_request(message) AS nullif(regexp_extract(upper(message), '(?:^|_)(AS|TGS|AP)_', 1), '');

CREATE OR REPLACE MACRO dns_name(text) AS nullif(rtrim(lower(text), '.'), '');
CREATE OR REPLACE MACRO mac_of(text) AS nullif(lower(regexp_replace(text, '[^0-9A-Fa-f]', '', 'g')), '');
CREATE OR REPLACE MACRO has_flag(hex, bit) AS coalesce(TRY_CAST('0x' || hex AS UBIGINT) & bit <> 0, FALSE);

-- A server listens there; dynamic RPC ports are left out, for clients use the same.
CREATE OR REPLACE MACRO listens(port) AS coalesce(
    port IN (22, 88, 135, 139, 389, 445, 636, 1433, 3268, 3269, 3389, 5985, 5986, 47001), FALSE);

-- The ports of movement, or a service that Zeek or Suricata recognised on any port; TCP only.
CREATE OR REPLACE MACRO movement_port(text) AS coalesce(
    text IN ('22', '135', '139', '445', '1433', '3389', '5985', '5986', '47001'), FALSE);
CREATE OR REPLACE MACRO needed_flow(client_port, server_port, protocol, recognised) AS
    coalesce(protocol IN ('tcp', 'TCP', '6'), TRUE) AND (
        movement_port(server_port) OR movement_port(client_port)
        OR coalesce(TRY_CAST(server_port AS INTEGER) >= 49152, FALSE)
        OR coalesce(regexp_matches(recognised, 'smb|dce_?rpc|gssapi|krb|ntlm|rdp'), FALSE));
CREATE OR REPLACE MACRO needed_request(path, agent, server_port) AS
    coalesce(server_port IN ('5985', '5986', '47001'), FALSE) OR coalesce(contains(lower(path), '/wsman'), FALSE)
    OR coalesce(regexp_matches(agent, 'WinRM|WebDAV|DavClnt'), FALSE);

-- Whether the server took the connection. Payload proves it, so do the later states, but not of a lone reset.
CREATE OR REPLACE MACRO zeek_answered(state, history, sent, received) AS
    coalesce(sent, 0) > 0 OR coalesce(received, 0) > 0
    OR coalesce(state NOT IN ('S0', 'REJ', 'RSTOS0', 'SH') AND regexp_matches(coalesce(history, 'h'), '[hHdDgG]'), FALSE);
CREATE OR REPLACE MACRO suricata_answered(state, server_flags, packets) AS
    coalesce(state IN ('established', 'closed', 'bypassed'), TRUE)
    AND CASE WHEN server_flags IS NULL THEN coalesce(packets, 1) > 0
        ELSE has_flag(server_flags, 2) OR has_flag(server_flags, 8) END;

-- A client does not send from a server's port. It can, to look like one: so a handshake that the sensor saw is believed
-- ("S": the SYN of the originator; "^": Zeek turned the sides by guessing).
CREATE OR REPLACE MACRO wrong_sides(client_port, server_port, history) AS
    listens(client_port) AND NOT listens(server_port) AND server_port >= 1024
    AND NOT coalesce(starts_with(history, 'S'), FALSE);
