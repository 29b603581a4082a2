-- Who had which address when: the facts about addresses, hours of one saying put together to spans.
CREATE OR REPLACE TEMP TABLE identity AS
WITH gaps AS (
    SELECT *, hour > lag(hour) OVER w + INTERVAL 1 DAY AS cut FROM fact_address
    WINDOW w AS (PARTITION BY host, ip, source ORDER BY hour)
), spans AS (
    SELECT *, count(*) FILTER (cut) OVER (PARTITION BY host, ip, source ORDER BY hour) AS n FROM gaps
)
SELECT host, ip, source, min(first) AS first, max(last) AS last, count(*) AS hours
FROM spans GROUP BY host, ip, source, n;

-- What contradicts itself: an address that strong facts give to several hosts within one hour (network address
-- translation, or an address that changed hands), and one that changed hands over time.
CREATE OR REPLACE TEMP TABLE identity_conflict AS
WITH strong AS (
    SELECT DISTINCT ip, host, hour FROM fact_address
    WHERE source IN ('own', 'machine_logon', 'ticket', 'dhcp', 'asset')
), shared AS (
    SELECT ip, hour, count(DISTINCT host) AS hosts FROM strong GROUP BY ALL
)
SELECT s.ip, list(DISTINCT s.host ORDER BY s.host) AS hosts, CASE WHEN max(h.hosts) >= 3
        THEN 'several hosts speak from this address at one time: network address translation, or a shared one'
        WHEN max(h.hosts) = 2 THEN 'two hosts within one hour: it changed hands, or is shared'
        ELSE 'changed hands' END AS meaning
FROM strong s JOIN shared h ON h.ip = s.ip AND h.hour IS NOT DISTINCT FROM s.hour
GROUP BY s.ip HAVING count(DISTINCT s.host) > 1;
