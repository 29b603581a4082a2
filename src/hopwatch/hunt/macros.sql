-- Functions of Kusto that its translation lacks, as macros.

-- An IPv4 address as a number; null for what is none.
CREATE MACRO ipv4_number(text) AS
    CASE WHEN regexp_full_match(text, '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}')
    THEN TRY_CAST(split_part(text, '.', 1) AS BIGINT) * 16777216 + TRY_CAST(split_part(text, '.', 2) AS BIGINT) * 65536
       + TRY_CAST(split_part(text, '.', 3) AS BIGINT) * 256 + TRY_CAST(split_part(text, '.', 4) AS BIGINT) END;
CREATE MACRO ipv4_bits(text) AS
    CASE WHEN NOT contains(text, '/') THEN 32 WHEN regexp_full_match(split_part(text, '/', 2), '[0-9]|[12][0-9]|3[0-2]')
    THEN CAST(split_part(text, '/', 2) AS INTEGER) END;
CREATE MACRO ipv4_in(ip, net) AS
    (ipv4_number(split_part(ip, '/', 1)) // (1::BIGINT << (32 - least(ipv4_bits(net), ipv4_bits(ip)))))
  = (ipv4_number(split_part(net, '/', 1)) // (1::BIGINT << (32 - least(ipv4_bits(net), ipv4_bits(ip)))));
CREATE MACRO ipv4_private(ip) AS
    ipv4_in(ip, '10.0.0.0/8') OR ipv4_in(ip, '172.16.0.0/12') OR ipv4_in(ip, '192.168.0.0/16');
CREATE MACRO ipv4_in_any(ip, nets) AS len(list_filter(nets, lambda net: coalesce(ipv4_in(ip, net), FALSE))) > 0;
CREATE MACRO ipv4_compared(a, b) AS
    CASE WHEN ipv4_in(a, b) THEN 0 WHEN ipv4_number(split_part(a, '/', 1)) < ipv4_number(split_part(b, '/', 1)) THEN -1
         WHEN ipv4_number(split_part(a, '/', 1)) IS NULL OR ipv4_number(split_part(b, '/', 1)) IS NULL THEN NULL ELSE 1 END;

-- An event's fields as XML, as Sentinel's Event table has them.
CREATE MACRO xml_text(text) AS replace(replace(replace(replace(text, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;');
CREATE MACRO event_xml(fields) AS '<DataItem type="System.XmlData"><EventData>' || list_aggregate(list_transform(json_keys(fields),
    lambda k: '<Data Name="' || xml_text(k) || '">' || xml_text(coalesce(json_extract_string(fields, '$."' || replace(k, '"', '\"') || '"'), '')) || '</Data>'),
    'string_agg', '') || '</EventData></DataItem>';
