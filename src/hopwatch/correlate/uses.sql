-- What paths ask of the facts, for the hosts, addresses and accounts in the table `asked` (source, ip, account).

-- When an account was first seen at a source or coming from it: by a logon of its own there, or by logons elsewhere.
CREATE OR REPLACE TEMP TABLE path_use AS
WITH local AS (
    SELECT a.source, a.account, min(p.first) AS first FROM (SELECT DISTINCT source, account FROM asked) a
    JOIN fact_presence p ON p.host = a.source AND p.account = a.account AND p.how <> 'outbound' GROUP BY ALL
), outgoing AS (
    SELECT a.source, a.account, min(l.first) AS first FROM asked a
    JOIN fact_authentication l ON l.ip = a.ip AND l.account = a.account GROUP BY ALL
)
SELECT source, account, l.first AS present, o.first AS outgoing FROM local l FULL JOIN outgoing o USING (source, account);

-- Who was at the desktop of a source, hour by hour. Of a source that logs no desktop: who came from its address on most
-- days, and of those first on that day, by tickets and by logons elsewhere: from some minutes later on, lest a hop's own
-- logon names the user.
CREATE OR REPLACE TEMP TABLE path_user AS
WITH silent AS (
    SELECT DISTINCT source, ip FROM asked
    WHERE ip IS NOT NULL AND source NOT IN (SELECT host FROM fact_presence WHERE how = 'interactive')
), came AS (
    SELECT ip, account, first, last FROM fact_ticket UNION ALL SELECT ip, account, first, last FROM fact_authentication
), daily AS (
    SELECT s.source, c.account, CAST(c.first AS DATE) AS day, min(c.first) + INTERVAL 5 MINUTE AS first, max(c.last) AS last
    FROM silent s JOIN came c USING (ip) WHERE NOT ends_with(c.account, '$') AND NOT nobody(c.account) GROUP BY ALL
), counted AS (SELECT *, count(*) OVER (PARTITION BY source, account) AS days FROM daily)
SELECT host, account, first, last, FALSE AS by_address FROM fact_presence
WHERE how = 'interactive' AND host IN (SELECT source FROM asked)
UNION ALL
SELECT source, best.account, best.first, best.last, TRUE FROM (
    SELECT source, day, arg_max({account: account, first: first, last: last}, (days, -epoch(first), account)) AS best FROM counted GROUP BY ALL
);

-- Where those users and the accounts of the hops go otherwise, and since when.
CREATE OR REPLACE TEMP TABLE path_reach AS
SELECT account, target, min(first) AS first FROM fact_authentication
WHERE account IN (SELECT account FROM path_user UNION SELECT account FROM asked) GROUP BY ALL;

-- What went before or came after on hosts, whoever did it.
CREATE OR REPLACE TEMP TABLE path_effect AS
SELECT DISTINCT target AS host, time, leg, rule AS signal, text, account FROM placed
WHERE leg IN ('before', 'after') AND (target IN (SELECT source FROM asked) OR target IN (SELECT target FROM asked));
