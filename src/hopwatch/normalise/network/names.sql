-- DNS queries of Windows logs beside those of sensors. Answers as Sysmon writes them: "type:  5 www.x.example;::ffff:10.0.0.4;".
INSERT INTO dns BY NAME
SELECT hash('dns', key) AS key, time,
    CASE channel WHEN 'Microsoft-Windows-Sysmon/Operational' THEN 'sysmon'
        WHEN 'Microsoft-Windows-DNS-Client/Operational' THEN 'dns_client' ELSE 'dns_server' END AS sensor,
    host, client_ip, image_name, dns_name(asked) AS query,
    coalesce(CASE qtype WHEN '1' THEN 'A' WHEN '28' THEN 'AAAA' WHEN '5' THEN 'CNAME' WHEN '12' THEN 'PTR' WHEN '15' THEN 'MX'
        WHEN '16' THEN 'TXT' WHEN '33' THEN 'SRV' WHEN '255' THEN 'ANY' WHEN '6' THEN 'SOA' WHEN '2' THEN 'NS' END, qtype) AS qtype,
    nullif(list_filter(list_transform(string_split(results, ';'),
        lambda x: regexp_replace(trim(x), '^(type: *[0-9]+ +|::ffff:)', '')), lambda x: x NOT IN ('', '-')), []) AS answers,
    CASE rcode WHEN '0' THEN 'NOERROR' WHEN '9003' THEN 'NXDOMAIN' WHEN '3' THEN 'NXDOMAIN' ELSE rcode END AS rcode,
    channel, event_id, record_id, source_file
FROM (
    SELECT *, coalesce("QueryName", event_data ->> '$.QNAME') AS asked, "QueryResults" AS results,
        coalesce(event_data ->> '$.QueryType', event_data ->> '$.QTYPE') AS qtype,
        coalesce(event_data ->> '$.QueryStatus', event_data ->> '$.RCODE') AS rcode,
        CASE event_id WHEN 256 THEN event_data ->> '$.Source' WHEN 257 THEN "Destination"
            WHEN 258 THEN "Destination" END AS client_ip
    FROM windows_event
    WHERE (channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id = 22)
       OR (channel = 'Microsoft-Windows-DNS-Client/Operational' AND event_id IN (3008, 3020))
       OR (channel = 'Microsoft-Windows-DNSServer/Analytical' AND event_id IN (256, 257, 258))
)
WHERE named(asked) IS NOT NULL;
