-- WinRM on a port that is not its own shows in the request only: the flow is made of it, where no connection was kept.
INSERT INTO connection BY NAME
SELECT hash('http', key) AS key, time, sensor, sensor_name, uid, orig_ip, orig_port, resp_ip, resp_port, 'tcp' AS proto,
    'http' AS service, TRUE AS answered, FALSE AS one_way, FALSE AS swapped, 1 AS copies, 0 AS duration,
    request_bytes AS orig_bytes, response_bytes AS resp_bytes, channel, source_file
FROM (
    SELECT min(key) AS key, min(time) AS time, sensor, any_value(sensor_name ORDER BY sensor_name) AS sensor_name,
        uid, orig_ip, orig_port, resp_ip, resp_port, channel, min(source_file) AS source_file,
        sum(request_bytes)::BIGINT AS request_bytes, sum(response_bytes)::BIGINT AS response_bytes
    FROM http_activity WHERE contains(lower(uri), '/wsman') AND orig_ip IS NOT NULL AND resp_ip IS NOT NULL GROUP BY ALL
) ANTI JOIN (SELECT DISTINCT uid FROM connection) c USING (uid);
