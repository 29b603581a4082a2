-- The network logons of an account on a host within a time.
SELECT target_logon_id FROM windows_event
WHERE channel = 'Security' AND event_id = 4624 AND "LogonType" = '3' AND target_logon_id IS NOT NULL
  AND host = ? AND time BETWEEN ? AND ? AND lower("TargetUserName") = ?
