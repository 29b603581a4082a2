-- How a text of the log becomes a typed value. Each gives null for what it cannot read.

CREATE OR REPLACE MACRO number_of(text) AS
    CASE WHEN starts_with(text, '0x') THEN TRY_CAST(text AS UBIGINT) ELSE TRY_CAST(trim(text) AS UBIGINT) END;

-- The level of an event, which collectors write as a word or as a number.
CREATE OR REPLACE MACRO level_number(text) AS coalesce(TRY_CAST(text AS INTEGER), CASE lower(text)
    WHEN 'critical' THEN 1 WHEN 'error' THEN 2 WHEN 'warning' THEN 3 WHEN 'information' THEN 4 WHEN 'info' THEN 4 WHEN 'verbose' THEN 5 END);

-- The keywords of an event as Windows writes them, of a number (also one below zero, as of a signed one) or as it stands.
CREATE OR REPLACE MACRO keywords_text(text) AS CASE
    WHEN starts_with(text, '0x') THEN text
    WHEN regexp_full_match(text, '-?[0-9]{1,20}') THEN coalesce(
        '0x' || lower(coalesce(to_hex(TRY_CAST(text AS BIGINT)), to_hex(TRY_CAST(text AS UBIGINT)))), text)
    ELSE text END;

-- The logon ids of the machine itself name no session: none, 0x3e7 (system), 0x3e4 (network service), 0x3e5 (local service).
CREATE OR REPLACE MACRO session_id(text) AS CASE WHEN number_of(text) NOT IN (0, 999, 996, 997) THEN number_of(text) END;

CREATE OR REPLACE MACRO port_number(text) AS
    CASE WHEN TRY_CAST(text AS INTEGER) BETWEEN 1 AND 65535 THEN TRY_CAST(text AS INTEGER) END;

CREATE OR REPLACE MACRO base_name(path) AS lower(regexp_extract(path, '[^\\/]*$'));

CREATE OR REPLACE MACRO short_name(name) AS
    CASE WHEN regexp_full_match(name, '[0-9.]+') THEN name ELSE lower(split_part(name, '.', 1)) END;

CREATE OR REPLACE MACRO quarter_hours(span) AS to_minutes(CAST(round(epoch(span) / 900) * 15 AS BIGINT));

-- A time in UTC, whatever zone the text names (none: UTC). Times of an age without event logs are damage, and none: so
-- nothing that a text makes of them can overflow later.
CREATE OR REPLACE MACRO moment(text) AS CASE
    WHEN TRY_CAST(text AS TIMESTAMPTZ) BETWEEN TIMESTAMPTZ '1990-01-01 00:00:00Z' AND TIMESTAMPTZ '2200-01-01 00:00:00Z'
    THEN TRY_CAST(text AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END;

-- The same of ISO 8601 in UTC, which nearly all collectors write, at a third of the cost; without Z the zone would be lost.
CREATE OR REPLACE MACRO plain_moment(text) AS
    CASE WHEN starts_with(text, '20') AND ends_with(text, 'Z') THEN TRY_CAST(text AS TIMESTAMP) END;

-- The same of numbers: seconds, milliseconds, microseconds or (FILETIME) 100 ns, told apart by how many digits they have;
-- /Date(...)/ is .NET's milliseconds.
CREATE OR REPLACE MACRO epoch_moment(text) AS CASE
    WHEN regexp_full_match(text, '([6-9][0-9]{8}|[1-6][0-9]{9})([.][0-9]{1,20})?')
        THEN make_timestamp(CAST(round(CAST(text AS DOUBLE) * 1000000) AS BIGINT))
    WHEN regexp_full_match(text, '([6-9][0-9]{11}|[1-6][0-9]{12})([.][0-9]{1,20})?')
        THEN make_timestamp(CAST(round(CAST(text AS DOUBLE) * 1000) AS BIGINT))
    WHEN regexp_full_match(text, '[1-6][0-9]{15}') THEN make_timestamp(CAST(text AS BIGINT))
    WHEN regexp_full_match(text, '1[23][0-9]{16}') THEN make_timestamp(CAST(text AS BIGINT) // 10 - 11644473600000000)
    WHEN regexp_full_match(text, '/Date[(][1-6][0-9]{12}([+-][0-9]{4})?[)]/')
        THEN make_timestamp(CAST(regexp_extract(text, '[0-9]+') AS BIGINT) * 1000) END;

-- And of what the sources of Windows events write besides: a space before the zone, a number.
CREATE OR REPLACE MACRO written_moment(text) AS coalesce(
    moment(text), moment(regexp_replace(text, ' ([+-][0-9]{2}:?[0-9]{2})$', '\1')), epoch_moment(text));

CREATE OR REPLACE MACRO names_zone(text) AS regexp_matches(text, '([Zz]|[+-][0-9]{2}:?[0-9]{2}|[)]/)$');

CREATE OR REPLACE MACRO named(text) AS CASE WHEN text IN ('', '-', 'NULL', 'N/A') THEN NULL ELSE text END;

-- Windows' message codes (msobjs.dll), written beside the code: "%%4417 WriteData (or AddFile)".
CREATE OR REPLACE MACRO beside_code(text, code, meaning) AS replace(text, code, code || ' ' || meaning);

CREATE OR REPLACE MACRO access_words(text) AS CASE WHEN NOT contains(text, '%%') THEN text ELSE
    beside_code(beside_code(beside_code(beside_code(beside_code(beside_code(beside_code(beside_code(
    beside_code(beside_code(beside_code(beside_code(beside_code(beside_code(beside_code(
        text, '%%4416', 'ReadData (or ListDirectory)'), '%%4417', 'WriteData (or AddFile)'),
        '%%4418', 'AppendData (or AddSubdirectory or CreatePipeInstance)'), '%%4419', 'ReadEA'), '%%4420', 'WriteEA'),
        '%%4421', 'Execute/Traverse'), '%%4422', 'DeleteChild'), '%%4423', 'ReadAttributes'),
        '%%4424', 'WriteAttributes'), '%%1537', 'DELETE'), '%%1538', 'READ_CONTROL'), '%%1539', 'WRITE_DAC'),
        '%%1540', 'WRITE_OWNER'), '%%1541', 'SYNCHRONIZE'), '%%1542', 'ACCESS_SYS_SEC') END;

CREATE OR REPLACE MACRO yes_no(text) AS replace(replace(text, '%%1842', '%%1842 Yes'), '%%1843', '%%1843 No');

CREATE OR REPLACE MACRO direction_word(text) AS replace(replace(text, '%%14592', '%%14592 Inbound'), '%%14593', '%%14593 Outbound');
