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

-- Who was at the desktop of a source, hour by hour.
CREATE OR REPLACE TEMP TABLE path_user AS
SELECT host, account, first, last FROM fact_presence
WHERE how = 'interactive' AND host IN (SELECT source FROM asked);

-- Where those users and the accounts of the hops go otherwise, and since when.
CREATE OR REPLACE TEMP TABLE path_reach AS
SELECT account, target, min(first) AS first FROM fact_authentication
WHERE account IN (SELECT account FROM path_user UNION SELECT account FROM asked) GROUP BY ALL;

-- What went before or came after on hosts, whoever did it.
CREATE OR REPLACE TEMP TABLE path_effect AS
SELECT DISTINCT target AS host, time, leg, rule AS signal, text, account FROM placed
WHERE leg IN ('before', 'after') AND (target IN (SELECT source FROM asked) OR target IN (SELECT target FROM asked));
