-- The moments at which a correlation's condition holds (`held`), those that lie within its time span of each other as one.
CREATE OR REPLACE TEMP TABLE held AS @HELD@;

CREATE OR REPLACE TEMP TABLE island AS
WITH cut AS (
    SELECT *, coalesce(time - lag(time) OVER (PARTITION BY grp ORDER BY time) > INTERVAL '@SPAN@ seconds', TRUE) AS new
    FROM held
), numbered AS (
    SELECT *, count(*) FILTER (new) OVER (PARTITION BY grp ORDER BY time ROWS UNBOUNDED PRECEDING) AS n FROM cut
)
SELECT hash(@RULE@, grp, min(time)) AS id, grp, min(time) AS time, min(start) AS start, max(time) AS "end", max(value) AS value
FROM numbered GROUP BY grp, n;

INSERT INTO sigma_correlation_event
SELECT DISTINCT i.id, o.named, o.source_table, o.key, o.time
FROM island i JOIN occurrence o ON o.grp = i.grp AND o.time BETWEEN i.start AND i."end";

INSERT INTO sigma_correlation
SELECT i.id, @RULE@, any_value(o.shown ORDER BY o.time, o.key), i.time, i.start, i."end", i.value
FROM island i JOIN occurrence o ON o.grp = i.grp AND o.time BETWEEN i.start AND i."end"
GROUP BY i.id, i.time, i.start, i."end", i.value;
