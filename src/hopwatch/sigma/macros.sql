-- What the conditions of Sigma rules ask of texts.

-- A whole number, decimal or hexadecimal; null for any other text.
CREATE OR REPLACE MACRO whole_number(t) AS
    CASE WHEN regexp_full_match(t, ' *(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}) *') THEN TRY_CAST(trim(t) AS UBIGINT) END;

CREATE OR REPLACE MACRO amount_of(t) AS
    CASE WHEN isfinite(TRY_CAST(t AS DOUBLE)) THEN TRY_CAST(t AS DOUBLE) ELSE CAST(whole_number(t) AS DOUBLE) END;

CREATE OR REPLACE MACRO plain_ip(t) AS regexp_replace(lower(trim(t)), '^::ffff:([0-9]+\.)', '\1');

CREATE OR REPLACE MACRO ipv4_number(t) AS CASE
    WHEN regexp_full_match(plain_ip(t), '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.|$)){4}') THEN
        CAST(split_part(plain_ip(t), '.', 1) AS BIGINT) * 16777216 + CAST(split_part(plain_ip(t), '.', 2) AS BIGINT) * 65536
        + CAST(split_part(plain_ip(t), '.', 3) AS BIGINT) * 256 + CAST(split_part(plain_ip(t), '.', 4) AS BIGINT) END;

CREATE OR REPLACE MACRO hex_groups(t) AS
    list_transform(list_filter(string_split(t, ':'), lambda g: g <> ''), lambda g: CAST('0x' || g AS INTEGER));

-- The eight groups of an IPv6 address as numbers; null for any other text.
CREATE OR REPLACE MACRO ipv6_groups(t) AS CASE
    WHEN NOT regexp_full_match(plain_ip(t), '[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}(%.*)?') THEN NULL
    WHEN contains(plain_ip(t), '::') THEN list_concat(
        hex_groups(split_part(split_part(plain_ip(t), '%', 1), '::', 1)),
        list_resize(CAST([] AS INTEGER[]), greatest(0, 8 - len(hex_groups(split_part(plain_ip(t), '%', 1)))), 0),
        hex_groups(split_part(split_part(plain_ip(t), '%', 1), '::', 2)))
    ELSE hex_groups(split_part(plain_ip(t), '%', 1)) END;

-- The keywords of an audit, in words where the log has a number, and as a number where it has words.
CREATE OR REPLACE MACRO audit_keywords(t) AS CASE
    WHEN t = '0x8020000000000000' THEN 'Audit Success'
    WHEN t = '0x8010000000000000' THEN 'Audit Failure'
    WHEN contains(lower(t), 'audit success') THEN '0x8020000000000000'
    WHEN contains(lower(t), 'audit failure') THEN '0x8010000000000000' END;

-- Who is behind an address, and what a host is for: filled by the pipeline, empty without.
CREATE TABLE IF NOT EXISTS sigma_host (ip VARCHAR, host VARCHAR);
CREATE TABLE IF NOT EXISTS role (host VARCHAR, ip VARCHAR, role VARCHAR);
CREATE OR REPLACE MACRO host_of_ip(address) AS (SELECT min(h.host) FROM sigma_host h WHERE h.ip = address);
CREATE OR REPLACE MACRO role_of_ip(address) AS
    (SELECT string_agg(DISTINCT r.role, ' ' ORDER BY r.role) FROM role r WHERE r.ip = address);
CREATE OR REPLACE MACRO role_of_host(name) AS
    (SELECT string_agg(DISTINCT r.role, ' ' ORDER BY r.role) FROM role r WHERE split_part(lower(r.host), '.', 1) = name);
