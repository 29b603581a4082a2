-- The same record read twice (from two files, or forwarded twice) counts once: the copy of the least file name stays.
DELETE FROM windows_event WHERE rowid IN (
    SELECT rowid FROM (
        SELECT rowid, row_number() OVER (PARTITION BY key ORDER BY source_file, rowid) AS copy
        FROM windows_event WHERE key IN (SELECT key FROM windows_event GROUP BY key HAVING count(*) > 1)
    ) WHERE copy > 1
);
