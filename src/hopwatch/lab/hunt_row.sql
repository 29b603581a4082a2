-- The correlation that people write first: a network logon and, on the same computer within five minutes, a process
-- that remote administration starts.
SELECT DISTINCT l.host, l.time AS logon, l.record_id AS logon_record, p.time AS process, p.record_id AS process_record,
    l."TargetUserName", p.image_name, l.source_file, p.source_file
FROM windows_event l JOIN windows_event p ON p.host = l.host
    AND p.time BETWEEN l.time AND l.time + INTERVAL 5 MINUTE
WHERE l.channel = 'Security' AND l.event_id = 4624 AND l."LogonType" = '3' AND l."TargetUserName" NOT LIKE '%$'
  AND l."TargetUserName" NOT IN ('ANONYMOUS LOGON', '-')
  AND p.channel = 'Security' AND p.event_id = 4688
  AND p.image_name IN ('cmd.exe', 'psexec.exe', 'psexec64.exe', 'psexesvc.exe', 'wmic.exe', 'wmiprvse.exe', 'wsmprovhost.exe',
    'winrshost.exe', 'powershell.exe')
  AND l.host = ?
QUALIFY row_number() OVER (ORDER BY l.time, p.time, l.record_id, p.record_id) = 1
