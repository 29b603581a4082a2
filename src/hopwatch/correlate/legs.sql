-- Of the hops that are told: the addresses of their ends, and whether a leg that was not seen was looked for.

-- The nearest known address of a host at the time of its hop.
CREATE OR REPLACE TEMP TABLE hop_address AS
WITH told AS (FROM hop SEMI JOIN told_hop USING (hop)),
ask AS (
    SELECT hop, 'target' AS side, target AS host, start FROM told
    UNION ALL SELECT hop, 'source', src_host, start FROM told WHERE src_host IS NOT NULL AND src_ip IS NULL
)
SELECT hop, side, arg_min(f.ip, (contains(f.ip, ':'), source NOT IN ('own', 'machine_logon'),
        coalesce(abs(epoch(date_trunc('hour', start)) - epoch(f.hour)), 0), address_rank(source), f.ip)) AS ip
FROM ask JOIN fact_address f USING (host)
WHERE coalesce(abs(epoch(date_trunc('hour', start)) - epoch(f.hour)), 0) <= 86400 AND source <> 'workstation'
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE host_name AS
SELECT host, arg_max(computer, (len(computer), n, computer)) AS computer FROM fact_name GROUP BY host;

-- An event kind that shows a leg was collected on the host within an hour.
CREATE OR REPLACE TEMP TABLE coverage AS
WITH seen AS (SELECT DISTINCT f.host, k.leg, k.shows, f.hour FROM fact_collects f JOIN leg_kind k USING (channel, event_id))
SELECT DISTINCT host, leg, shows, unnest([hour - INTERVAL 1 HOUR, hour, hour + INTERVAL 1 HOUR]) AS hour FROM seen;

CREATE OR REPLACE TEMP TABLE hop_looked AS
WITH ask AS (
    SELECT h.hop, h.target AS host, h.src_host, date_trunc('hour', h.start) AS hour, g.shows
    FROM hop h SEMI JOIN told_hop USING (hop)
    JOIN hop_technique t USING (hop) JOIN technique_order g ON g.technique = t.technique
)
SELECT hop, list(leg) AS looked
FROM (
    SELECT hop, leg FROM ask JOIN coverage c USING (host, hour) WHERE c.shows IN ('any', ask.shows)
    UNION
    SELECT hop, leg FROM ask JOIN coverage c ON c.host = ask.src_host AND c.hour = ask.hour WHERE c.leg = 'network'
    UNION
    -- A sensor covers a pair where it saw both of its addresses in that hour.
    SELECT h.hop, 'network' FROM hop h JOIN hop_address a ON a.hop = h.hop AND a.side = 'target'
    JOIN fact_sensed t ON t.ip = a.ip AND t.hour = date_trunc('hour', h.start)
    JOIN fact_sensed s ON s.ip = h.src_ip AND s.hour = t.hour
) GROUP BY hop;
