-- The records of one table that pointers name. What has no record id is known by its time and log.
SELECT w.pointer, e.* FROM wanted_record w JOIN {table} e ON e.time = w.p_time AND e.channel = w.p_channel
    AND e.source_file IS NOT DISTINCT FROM w.p_file AND e.event_id IS NOT DISTINCT FROM w.p_event_id
    AND e.record_id IS NOT DISTINCT FROM w.p_record_id
QUALIFY row_number() OVER (PARTITION BY w.pointer ORDER BY e.key) <= 3
ORDER BY w.pointer, e.key;
