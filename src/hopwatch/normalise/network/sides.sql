-- Puts the sides of a flow right where the sensor had them the wrong way round.
UPDATE connection SET
    orig_ip = resp_ip, resp_ip = orig_ip, orig_port = resp_port, resp_port = orig_port,
    orig_bytes = resp_bytes, resp_bytes = orig_bytes, orig_packets = resp_packets, resp_packets = orig_packets
WHERE swapped;

CREATE OR REPLACE TEMP TABLE turned_flow AS SELECT DISTINCT uid FROM connection WHERE swapped AND uid IS NOT NULL;
CREATE OR REPLACE TEMP TABLE seen_flow AS SELECT DISTINCT uid FROM connection WHERE uid IS NOT NULL;
