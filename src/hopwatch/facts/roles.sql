-- What hosts are for, as the logs show it. Every table but the last ones holds distinct facts, so that those of parts
-- merge by union; only the counts at the end are of all.

-- Who logged on where, how, on which day: `kind` is seat (console, unlock, cached), desktop (Remote Desktop) or network.
CREATE OR REPLACE TEMP TABLE fact_logon AS
SELECT DISTINCT host, CASE WHEN "LogonType" IN ('2', '7', '11') THEN 'seat' WHEN "LogonType" IN ('10', '12') THEN 'desktop'
        ELSE 'network' END AS kind, lower("TargetUserName") AS account, CAST(time AS DATE) AS day
FROM windows_event
WHERE channel = 'Security' AND event_id = 4624 AND named("TargetUserName") IS NOT NULL
  AND "LogonType" IN ('2', '7', '11', '10', '12', '3')
  AND NOT ("LogonType" = '3' AND ip IS NULL)
  -- Machine accounts, and those that Windows makes for itself (S-1-5-18 to 20, S-1-5-90-, S-1-5-96-, S-1-5-7), are no users.
  AND "TargetUserName" NOT LIKE '%$' AND coalesce("TargetUserSid", '') NOT IN ('S-1-5-18', 'S-1-5-19', 'S-1-5-20', 'S-1-5-7')
  AND coalesce("TargetUserSid", '') NOT LIKE 'S-1-5-90-%' AND coalesce("TargetUserSid", '') NOT LIKE 'S-1-5-96-%';

-- Who keeps the tickets of a domain.
CREATE OR REPLACE TEMP TABLE fact_controller AS
SELECT DISTINCT host, NULL::VARCHAR AS ip FROM windows_event WHERE channel = 'Security' AND event_id IN (4768, 4769)
UNION SELECT NULL, resp_ip FROM kerberos_activity WHERE request_type IN ('AS', 'TGS') AND coalesce(success, TRUE) AND resp_ip IS NOT NULL;

-- Whom a source called on which port within a day, as sensors saw it, of ports on which servers listen.
CREATE OR REPLACE TEMP TABLE fact_call AS
SELECT DISTINCT orig_ip, resp_ip, resp_port AS port, CAST(time AS DATE) AS day
FROM connection WHERE resp_port < 10000 AND orig_ip IS NOT NULL AND resp_ip IS NOT NULL;

-- Roles out of these. The words of the list of assets are brought to ours.
CREATE OR REPLACE TEMP TABLE role_fact AS
WITH used AS (
    SELECT host, count(DISTINCT account) FILTER (kind = 'seat') AS seated, count(DISTINCT account) FILTER (kind = 'network') AS callers,
        count(DISTINCT account) FILTER (kind = 'desktop') AS guests FROM fact_logon GROUP BY host
), listed AS (
    SELECT short_name(host) AS host, ip, CASE
        WHEN word IN ('jump_host', 'jump_server', 'jumphost', 'jump', 'bastion') THEN 'jump_host'
        WHEN word IN ('domain_controller', 'dc') THEN 'domain_controller'
        WHEN word IN ('workstation', 'desktop', 'laptop', 'client', 'notebook', 'pc') THEN 'workstation'
        WHEN word IN ('scanner', 'management', 'collector', 'server') THEN word END AS role
    FROM (SELECT host, ip, unnest(string_split(regexp_replace(lower(role), '[ -]', '_', 'g'), ',')) AS word
        FROM asset WHERE role IS NOT NULL)
), shown AS (
    SELECT host, ip, role, 'the list of assets says so' AS why FROM listed WHERE role IS NOT NULL
    UNION ALL SELECT host, ip, 'domain_controller', 'it gives out Kerberos tickets' FROM fact_controller
    UNION ALL
    SELECT host, NULL, 'workstation', seated || CASE seated WHEN 1 THEN ' user sits at it' ELSE ' users sit at it' END
    FROM used WHERE seated BETWEEN 1 AND 5 AND callers < 6 AND guests < 3 AND host NOT IN (SELECT host FROM fact_controller WHERE host IS NOT NULL)
    UNION ALL
    SELECT host, NULL, 'server', callers || ' accounts log on to it over the network'
    FROM used WHERE callers >= 6 AND host NOT IN (SELECT host FROM fact_controller WHERE host IS NOT NULL)
    UNION ALL
    SELECT NULL, resp_ip, 'collector', count(DISTINCT orig_ip) || ' hosts forward events to it' FROM fact_winrm
    WHERE forwards GROUP BY resp_ip HAVING count(DISTINCT orig_ip) >= 3
    UNION ALL
    SELECT NULL, orig_ip, 'scanner', max(hosts) || ' hosts on ' || max(ports) || ' ports within a day' FROM (
        SELECT orig_ip, day, count(DISTINCT resp_ip) AS hosts, count(DISTINCT port) AS ports FROM fact_call GROUP BY ALL)
    WHERE hosts >= 20 AND ports >= 20 GROUP BY orig_ip
)
SELECT host, ip, role, min(why) AS why FROM shown GROUP BY ALL;
