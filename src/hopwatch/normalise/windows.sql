-- One batch of events, all text (the Arrow table `given`), becomes rows of `windows_event`.
-- @COLUMNS@ stands for every Windows column, @PRESENT@ for those that the batch has, @NULLS@ for the others.
INSERT INTO windows_event BY NAME
WITH batch AS (SELECT *@NULLS@ FROM given),
read AS (
    SELECT *,
        written_moment(utc) AS utc_written, written_moment("local") AS local_time, moment(received_utc) AS received,
        moment(received_local) AS received_here
    FROM batch
),
timed AS (
    SELECT *,
        coalesce(utc_written, CASE WHEN names_zone("local") THEN local_time END) AS utc_time,
        -- The collector wrote one moment twice, with and without a zone: the difference is its zone.
        quarter_hours(received - received_here) AS zone,
        -- Sysmon's own time is right, but for event 3, where it can be days wrong on a resumed virtual machine.
        CASE WHEN channel = 'Microsoft-Windows-Sysmon/Operational' AND event_id <> '3' AND NOT trusted
            THEN moment("UtcTime") END AS sysmon_time
    FROM read
)
SELECT
    coalesce(sysmon_time, utc_time, local_time + zone, received, local_time) AS time,
    coalesce(utc_time, local_time, received) AS recorded,
    CASE
        WHEN sysmon_time IS NOT NULL THEN 'UtcTime'
        WHEN utc_time IS NOT NULL THEN CASE WHEN trusted THEN 'SystemTime' ELSE 'unverified' END
        WHEN local_time + zone IS NOT NULL THEN 'EventTime+zone'
        WHEN received IS NOT NULL THEN 'received'
        WHEN local_time IS NOT NULL THEN 'unverified'
    END AS time_source,
    -- Where only the local receipt is known, it and the local time are of one zone.
    CASE WHEN coalesce(sysmon_time, utc_time, local_time) IS NOT NULL THEN coalesce(
        plain_moment(collected), written_moment(collected), received, CASE WHEN names_zone(received_local) THEN received_here END,
        coalesce(sysmon_time, utc_time, local_time) + (received_here - local_time)) END AS received,
    computer,
    short_name(computer) AS host,
    channel, provider,
    CAST(event_id AS INTEGER) AS event_id,
    TRY_CAST(record_id AS BIGINT) AS record_id,
    -- Some products write no more than milliseconds: their copy of a record is the same record.
    CASE WHEN TRY_CAST(record_id AS BIGINT) IS NULL
        THEN hash(short_name(computer), channel, event_id,
            date_trunc('millisecond', coalesce(utc_time, local_time)), event_data, @COLUMNS@)
        ELSE hash(short_name(computer), channel, event_id, TRY_CAST(record_id AS BIGINT),
            date_trunc('millisecond', coalesce(utc_time, local_time)))
    END AS key,
    named(user_sid) AS user_sid,
    TRY_CAST(number_of(process_id) AS BIGINT) AS process_id,
    level_number(level) AS level,
    keywords_text(keywords) AS keywords,
    source_file,
    CASE
        WHEN event_id IN ('4624', '4634', '4647') THEN session_id("TargetLogonId")
        WHEN event_id = '4688' THEN coalesce(session_id("TargetLogonId"), session_id("SubjectLogonId"))
        WHEN event_id IN ('4778', '4779') THEN session_id("LogonId")
        ELSE coalesce(session_id("SubjectLogonId"), session_id("LogonId"))
    END AS logon_id,
    number_of("SubjectLogonId") AS subject_logon_id,
    number_of("TargetLogonId") AS target_logon_id,
    coalesce("IpAddress", "ClientAddress", "Address") AS ip,
    port_number("IpPort") AS port,
    TRY_CAST(number_of("AccessMask") AS BIGINT) AS access_mask,
    upper(regexp_extract("ShareName", '[^\\]*$')) AS share,
    lower(named(coalesce("NewProcessName", "Image", "Application", "ProcessName"))) AS image_path,
    base_name(named(coalesce("NewProcessName", "Image", "Application", "ProcessName"))) AS image_name,
    base_name(coalesce("ParentImage", named("ParentProcessName"))) AS parent_name,
    TRY_CAST(number_of(coalesce("NewProcessId", "ProcessId")) AS BIGINT) AS pid,
    TRY_CAST(number_of(CASE WHEN event_id = '4688' THEN "ProcessId" ELSE "ParentProcessId" END) AS BIGINT) AS parent_pid,
    @PRESENT@event_data
FROM (
    SELECT * REPLACE (
        access_words("AccessList") AS "AccessList",
        yes_no("ElevatedToken") AS "ElevatedToken",
        direction_word("Direction") AS "Direction")
    FROM timed
)
WHERE coalesce(sysmon_time, utc_time, local_time, received) IS NOT NULL AND computer IS NOT NULL
