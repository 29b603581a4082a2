-- What hopwatch finds in the logs, as tables beside the events. Lists are text, their parts parted by blanks.

CREATE TABLE hops (
    id VARCHAR, "group" VARCHAR, "TimeGenerated" TIMESTAMP, "start" TIMESTAMP, "end" TIMESTAMP,
    source_host VARCHAR, source_ip VARCHAR, source_port INTEGER, source_roles VARCHAR, known_by VARCHAR, candidates VARCHAR,
    target_host VARCHAR, target_ip VARCHAR, target_roles VARCHAR,
    account VARCHAR, account_domain VARCHAR, account_sid VARCHAR, logon_id VARCHAR, also VARCHAR,
    technique VARCHAR, techniques VARCHAR, attack VARCHAR, logon_type INTEGER, package VARCHAR, elevated BOOLEAN, auth_flags VARCHAR,
    leg_logon VARCHAR, leg_execution VARCHAR, leg_network VARCHAR,
    score INTEGER, severity VARCHAR, alert BOOLEAN, suppressed_by VARCHAR, reasons VARCHAR, evidence INTEGER,
    path VARCHAR, "_record" VARCHAR
);
CREATE TABLE paths (
    id VARCHAR, "TimeGenerated" TIMESTAMP, "start" TIMESTAMP, "end" TIMESTAMP, origin_host VARCHAR, origin_ip VARCHAR,
    origin_user VARCHAR, hops INTEGER, hosts VARCHAR, accounts VARCHAR, switches VARCHAR, beyond VARCHAR, effects VARCHAR,
    score INTEGER, severity VARCHAR, alert BOOLEAN, reasons VARCHAR, hop_ids VARCHAR
);
CREATE TABLE identity (host VARCHAR, ip VARCHAR, source VARCHAR, first_seen TIMESTAMP, last_seen TIMESTAMP, hours BIGINT);
CREATE TABLE baseline (
    source VARCHAR, target VARCHAR, account VARCHAR, techniques VARCHAR, days INTEGER, first_seen TIMESTAMP, last_seen TIMESTAMP,
    state VARCHAR, hop_ids VARCHAR
);
CREATE TABLE context (about VARCHAR, name VARCHAR, role VARCHAR, told VARCHAR, why VARCHAR);

-- The hops and paths whole, as JSON lines that a scan writes: for `hopwatch show`.
CREATE TABLE finding (line VARCHAR);
