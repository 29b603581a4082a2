-- Suricata's requests have a number and no interface: the last bind of the flow names it. Then both get their names.
UPDATE dce_rpc AS r SET interface_uuid = b.interface_uuid
FROM (
    SELECT q.key, b.interface_uuid
    FROM (SELECT key, uid, time FROM dce_rpc WHERE interface_uuid IS NULL AND opnum IS NOT NULL) q
    ASOF JOIN (SELECT uid, time, max(interface_uuid) AS interface_uuid FROM dce_rpc
          WHERE interface_uuid IS NOT NULL GROUP BY ALL) b
    ON q.uid = b.uid AND q.time >= b.time
) AS b WHERE r.key = b.key;

UPDATE dce_rpc AS r SET endpoint = n.endpoint FROM (SELECT DISTINCT interface_uuid, endpoint FROM rpc_name) n
WHERE r.endpoint IS NULL AND r.interface_uuid = n.interface_uuid;

UPDATE dce_rpc AS r SET operation = n.operation FROM rpc_name n
WHERE r.operation IS NULL AND r.interface_uuid = n.interface_uuid AND r.opnum = n.opnum;
