-- Questions that facts answer about addresses and ports.

CREATE OR REPLACE MACRO loopback(ip) AS ip = '::1' OR starts_with(ip, '127.') OR ip IN ('0.0.0.0', '::');

CREATE OR REPLACE MACRO multicast(ip) AS
    starts_with(ip, 'ff') AND contains(ip, ':') OR ends_with(ip, '.255')
    OR coalesce(TRY_CAST(split_part(ip, '.', 1) AS INTEGER) >= 224, FALSE);

-- Ports on which a server listens, among those that telemetry of movement shows.
CREATE OR REPLACE MACRO service_port(port) AS coalesce(TRY_CAST(port AS INTEGER) < 1024
    OR TRY_CAST(port AS INTEGER) IN (1433, 3268, 3269, 3389, 5985, 5986, 9389, 47001), FALSE);

-- An account's bare name, lower case: "CORP\Anna", "anna@CORP.EXAMPLE" -> anna.
CREATE MACRO bare_account(text) AS named(lower(split_part(regexp_extract(text, '[^\\]*$'), '@', 1)));

-- Accounts that stand for nobody: the machine's own, and those of windows and font drivers.
CREATE MACRO nobody(name) AS name IN ('system', 'network service', 'local service', 'anonymous logon', 'iusr', '')
    OR name LIKE 'dwm-%' OR name LIKE 'umfd-%';

-- How a logon proved who it was: the package, and of NTLM its version where the log tells.
CREATE MACRO package_of(package, lm) AS CASE
    WHEN trim(package) = 'NTLM' THEN coalesce(nullif(named(trim(lm)), ''), 'NTLM') ELSE named(trim(package)) END;
