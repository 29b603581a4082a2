-- Hops that hold nothing but weak evidence never alert by themselves, and cost little where nobody asks: of them only
-- those are told that have a relayed logon, or that can be part of a path: somebody landed or logged on as administrator
-- where another such hop began, or went on from where one ended, within the same or the next day.
CREATE OR REPLACE TEMP TABLE told_hop AS
WITH about AS (
    SELECT h.hop, h.target, coalesce(h.src_host, h.src_ip) AS src, a.best.account AS account, CAST(h.start AS DATE) AS day,
        coalesce(c.strong, FALSE) AS strong, t.technique IN ('rdp', 'winrm_exec', 'ssh') AS lands,
        coalesce(l.logon.elevated, FALSE) AND NOT machine_account(a.best.account) AS elevated
    FROM hop h JOIN hop_technique t USING (hop) LEFT JOIN hop_account a USING (hop) LEFT JOIN hop_logon l USING (hop)
    LEFT JOIN (SELECT hop, bool_or(policy IN ('artefact', 'dual_use', 'act')) AS strong FROM contribution GROUP BY hop) c USING (hop)
), able AS (SELECT * FROM about WHERE strong OR lands OR elevated),
weak AS (SELECT *, unnest([day, day + 1]) AS next_day, unnest([day, day - 1]) AS day_before FROM able WHERE NOT strong)
SELECT hop FROM contribution WHERE @EVERY@ OR policy IN ('artefact', 'dual_use', 'act')
UNION SELECT hop FROM hop_relay
-- By host, where this hop or the other opened a session that can do anything; else by host and account.
UNION SELECT w.hop FROM weak w SEMI JOIN able n ON n.src = w.target AND n.day = w.next_day AND (w.lands OR n.account = w.account)
UNION SELECT w.hop FROM weak w SEMI JOIN able p ON p.target = w.src AND p.day = w.day_before
      AND (w.lands AND (p.strong OR p.lands) OR p.account = w.account);

-- At most fifty pieces of evidence are kept, the first and the last of each signal before others.
CREATE OR REPLACE TEMP TABLE shown_evidence AS
WITH told AS (
    SELECT rowid AS place, hop, signal, time, key FROM evidence SEMI JOIN told_hop USING (hop)
), ranked AS (
    SELECT *, least(row_number() OVER (PARTITION BY hop, signal ORDER BY time, key),
        row_number() OVER (PARTITION BY hop, signal ORDER BY time DESC, key DESC)) AS inner_rank
    FROM told WHERE hop IN (SELECT hop FROM told GROUP BY hop HAVING count(*) > 50)
), left_out AS (
    SELECT place FROM (
        SELECT place, row_number() OVER (PARTITION BY hop ORDER BY inner_rank > 1, time, signal, key) AS outer_rank FROM ranked)
    WHERE outer_rank > 50
)
SELECT * FROM evidence SEMI JOIN told_hop USING (hop) WHERE evidence.rowid NOT IN (FROM left_out);
