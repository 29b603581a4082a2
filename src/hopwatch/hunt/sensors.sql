-- What sensors saw, under the names and with the columns of Zeek's logs and of Suricata's events.
-- A flow that two sensors saw is one: it is in the table of the sensor whose copy was kept.

CREATE VIEW zeek_conn AS
SELECT time AS ts, time AS "TimeGenerated", uid, orig_ip AS id_orig_h, orig_port AS id_orig_p, resp_ip AS id_resp_h, resp_port AS id_resp_p,
    proto, service, duration, orig_bytes, resp_bytes, conn_state, missed_bytes, history, orig_packets AS orig_pkts, resp_packets AS resp_pkts,
    sensor_name, source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM connection WHERE sensor = 'zeek';
CREATE VIEW zeek_dns AS
SELECT time AS ts, time AS "TimeGenerated", uid, client_ip AS id_orig_h, client_port AS id_orig_p, server_ip AS id_resp_h,
    server_port AS id_resp_p, query, qtype AS qtype_name, rcode AS rcode_name, array_to_string(answers, ' ') AS answers, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM dns WHERE sensor = 'zeek';
CREATE VIEW zeek_smb_mapping AS
SELECT time AS ts, time AS "TimeGenerated", uid, orig_ip AS id_orig_h, orig_port AS id_orig_p, resp_ip AS id_resp_h, resp_port AS id_resp_p,
    path, share, share_type, server, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM smb_activity WHERE sensor = 'zeek' AND kind = 'mapping';
CREATE VIEW zeek_smb_files AS
SELECT time AS ts, time AS "TimeGenerated", uid, orig_ip AS id_orig_h, orig_port AS id_orig_p, resp_ip AS id_resp_h, resp_port AS id_resp_p,
    action, path, share, file_name AS name, size, previous_name AS prev_name, is_new, mime_type, hash, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM smb_activity WHERE sensor = 'zeek' AND kind <> 'mapping';
CREATE VIEW zeek_dce_rpc AS
SELECT time AS ts, time AS "TimeGenerated", uid, orig_ip AS id_orig_h, orig_port AS id_orig_p, resp_ip AS id_resp_h, resp_port AS id_resp_p,
    round_trip AS rtt, named_pipe, endpoint, operation, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM dce_rpc WHERE sensor = 'zeek';
CREATE VIEW zeek_kerberos AS
SELECT time AS ts, time AS "TimeGenerated", uid, orig_ip AS id_orig_h, orig_port AS id_orig_p, resp_ip AS id_resp_h, resp_port AS id_resp_p,
    request_type, client, client_realm, service, service_class, service_host, success, error AS error_msg, cipher, forwardable, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM kerberos_activity WHERE sensor = 'zeek';
CREATE VIEW zeek_ntlm AS
SELECT time AS ts, time AS "TimeGenerated", uid, orig_ip AS id_orig_h, orig_port AS id_orig_p, resp_ip AS id_resp_h, resp_port AS id_resp_p,
    user_name AS username, client_name AS hostname, domain AS domainname, server_name AS server_nb_computer_name,
    server_dns_name AS server_dns_computer_name, server_tree AS server_tree_name, success, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM ntlm_activity WHERE sensor = 'zeek';
CREATE VIEW zeek_http AS
SELECT time AS ts, time AS "TimeGenerated", uid, orig_ip AS id_orig_h, orig_port AS id_orig_p, resp_ip AS id_resp_h, resp_port AS id_resp_p,
    method, server AS host, uri, user_agent, status AS status_code, user_name AS username, request_bytes AS request_body_len,
    response_bytes AS response_body_len, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM http_activity WHERE sensor = 'zeek';
CREATE VIEW zeek_notice AS
SELECT time AS ts, time AS "TimeGenerated", uid, orig_ip AS id_orig_h, orig_port AS id_orig_p, resp_ip AS id_resp_h, resp_port AS id_resp_p,
    name AS note, text AS msg, detail AS sub, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM sensor_alert WHERE sensor = 'zeek';
CREATE VIEW zeek_dhcp AS
SELECT time AS ts, time AS "TimeGenerated", uid, ip AS assigned_addr, mac, host_name, action AS msg_types, lease_seconds AS lease_time,
    server_ip AS server_addr, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM dhcp_lease WHERE sensor = 'zeek';

CREATE VIEW suricata_flow AS
SELECT time AS timestamp, time AS "TimeGenerated", uid AS flow_id, orig_ip AS src_ip, orig_port AS src_port, resp_ip AS dest_ip,
    resp_port AS dest_port, proto, service AS app_proto, conn_state AS state, duration AS age, orig_bytes AS bytes_toserver,
    resp_bytes AS bytes_toclient, orig_packets AS pkts_toserver, resp_packets AS pkts_toclient, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM connection WHERE sensor = 'suricata';
CREATE VIEW suricata_alert AS
SELECT time AS timestamp, time AS "TimeGenerated", uid AS flow_id, orig_ip AS src_ip, orig_port AS src_port, resp_ip AS dest_ip,
    resp_port AS dest_port, name AS signature, category, severity, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM sensor_alert WHERE sensor = 'suricata';
CREATE VIEW suricata_dns AS
SELECT time AS timestamp, time AS "TimeGenerated", uid AS flow_id, client_ip AS src_ip, client_port AS src_port, server_ip AS dest_ip,
    server_port AS dest_port, query AS rrname, qtype AS rrtype, rcode, array_to_string(answers, ' ') AS answers, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM dns WHERE sensor = 'suricata';
CREATE VIEW suricata_smb AS
SELECT time AS timestamp, time AS "TimeGenerated", uid AS flow_id, orig_ip AS src_ip, orig_port AS src_port, resp_ip AS dest_ip,
    resp_port AS dest_port, action AS command, share, file_name AS filename, status, dialect, user_name AS ntlmssp_user,
    domain AS ntlmssp_domain, client_name AS ntlmssp_host, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM smb_activity WHERE sensor = 'suricata';
CREATE VIEW suricata_dcerpc AS
SELECT time AS timestamp, time AS "TimeGenerated", uid AS flow_id, orig_ip AS src_ip, orig_port AS src_port, resp_ip AS dest_ip,
    resp_port AS dest_port, call AS request, opnum, endpoint, operation, interface_uuid AS interface, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM dce_rpc WHERE sensor = 'suricata';
CREATE VIEW suricata_krb5 AS
SELECT time AS timestamp, time AS "TimeGenerated", uid AS flow_id, orig_ip AS src_ip, orig_port AS src_port, resp_ip AS dest_ip,
    resp_port AS dest_port, request_type AS msg_type, client AS cname, client_realm AS realm, service AS sname, cipher AS encryption,
    error AS error_code, sensor_name, source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM kerberos_activity WHERE sensor = 'suricata';
CREATE VIEW suricata_http AS
SELECT time AS timestamp, time AS "TimeGenerated", uid AS flow_id, orig_ip AS src_ip, orig_port AS src_port, resp_ip AS dest_ip,
    resp_port AS dest_port, server AS hostname, uri AS url, method AS http_method, user_agent AS http_user_agent, status, sensor_name,
    source_file AS "SourceFile", pointer(source_file, channel, event_id, record_id) AS "_record"
FROM http_activity WHERE sensor = 'suricata';
