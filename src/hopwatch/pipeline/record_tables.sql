-- The tables that hold records: those with every column that a pointer names.
SELECT table_name FROM information_schema.columns
WHERE column_name IN ('key', 'time', 'channel', 'event_id', 'record_id', 'source_file')
    AND table_schema = 'main' AND NOT starts_with(table_name, 'fact_')
GROUP BY ALL HAVING count(*) = 6 ORDER BY ALL;
