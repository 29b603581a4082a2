-- Logons over the network by account, address and host, with the host that the address is of and what is usual there.
WITH grouped AS (
    SELECT account, max(domain) AS domain, ip, target, logon_type, package, process,
        CAST(sum(n) AS BIGINT) AS n, min(first) AS first, max(last) AS last
    FROM fact_authentication WHERE NOT nobody(account) GROUP BY ALL
), kerberos AS (SELECT account, ip, target FROM fact_authentication WHERE package = 'Kerberos' UNION FROM fact_granted),
servers AS (SELECT target FROM kerberos GROUP BY target HAVING count(DISTINCT account) >= 2),
named AS (
    SELECT ip, arg_min(host, (list_position(['own', 'machine_logon', 'ticket', 'dhcp', 'asset', 'dns'], source), host)) AS host
    FROM fact_address WHERE source IN ('own', 'machine_logon', 'ticket', 'dhcp', 'asset', 'dns') GROUP BY ip
)
SELECT g.account, g.domain, g.ip, h.host AS source, g.target, g.logon_type, g.package, g.process, g.n, g.first, g.last,
    CASE WHEN NOT starts_with(coalesce(g.package, ''), 'NTLM') OR g.domain = g.target THEN NULL
        WHEN EXISTS (SELECT 1 FROM kerberos k WHERE k.account = g.account AND k.target = g.target) THEN 'account'
        WHEN EXISTS (SELECT 1 FROM kerberos k WHERE k.ip = g.ip AND k.target = g.target) THEN 'pair'
        WHEN EXISTS (SELECT 1 FROM kerberos k WHERE k.account = g.account) AND EXISTS (SELECT 1 FROM kerberos k WHERE k.ip = g.ip)
             AND g.target IN (SELECT target FROM servers) THEN 'domain' END AS usual
FROM grouped g LEFT JOIN named h ON h.ip = g.ip
ORDER BY g.account, g.target, g.ip, g.package, g.process, g.logon_type, g.first;
