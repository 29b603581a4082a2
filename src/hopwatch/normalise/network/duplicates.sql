-- The same row read twice counts once: the copy of the least file name stays. @TABLE@ is the table.
DELETE FROM @TABLE@ WHERE rowid IN (
    SELECT rowid FROM (
        SELECT rowid, row_number() OVER (PARTITION BY key ORDER BY source_file, rowid) AS copy
        FROM @TABLE@ WHERE key IN (SELECT key FROM @TABLE@ GROUP BY key HAVING count(*) > 1)
    ) WHERE copy > 1
);
