-- A 4688 without a parent's name takes it from the last process that had its creator's id on that host.
UPDATE windows_event AS child
SET "ParentProcessName" = parent.name, parent_name = base_name(parent.name)
FROM (
    SELECT c.key, p.name
    FROM (SELECT key, host, parent_pid, time FROM windows_event
          WHERE channel = 'Security' AND event_id = 4688 AND named("ParentProcessName") IS NULL) c
    ASOF JOIN (SELECT host, pid, time, max("NewProcessName") AS name FROM windows_event
          WHERE channel = 'Security' AND event_id = 4688 GROUP BY ALL) p
    ON c.host = p.host AND c.parent_pid = p.pid AND c.time >= p.time
) AS parent
WHERE child.key = parent.key AND child.channel = 'Security' AND child.event_id = 4688;
