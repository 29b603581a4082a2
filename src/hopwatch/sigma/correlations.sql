-- What correlations found, and the events of each.
CREATE OR REPLACE TABLE sigma_correlation (
    id UBIGINT,
    rule INTEGER,
    grp VARCHAR[],             -- the values of group-by, as events have them
    time TIMESTAMP,            -- the first moment at which the condition held
    start TIMESTAMP,           -- of the first event
    "end" TIMESTAMP,           -- of the last
    value DOUBLE               -- the most that was counted, summed, ...
);
CREATE OR REPLACE TABLE sigma_correlation_event (
    id UBIGINT, rule INTEGER, source_table VARCHAR, key UBIGINT, time TIMESTAMP
);
