-- Names of the organisation that a run was recorded in: hosts, accounts, domains.
SELECT DISTINCT host FROM windows_event
UNION SELECT DISTINCT lower(computer) FROM windows_event
UNION SELECT DISTINCT lower("TargetUserName") FROM windows_event WHERE channel = 'Security' AND event_id = 4624
UNION SELECT DISTINCT lower("TargetDomainName") FROM windows_event WHERE channel = 'Security' AND event_id = 4624
