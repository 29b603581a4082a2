-- Words that the kernel's SQL uses throughout.

CREATE MACRO shown_account(text) AS split_part(regexp_extract(text, '[^\\]*$'), '@', 1);
CREATE MACRO account_name(text) AS lower(shown_account(text));
CREATE MACRO account_domain(text) AS nullif(regexp_extract(text, '^([^\\]*)\\', 1), '');

-- Accounts that are no person's and no service's: the machine's own, and those of virtual and window accounts.
CREATE MACRO own_account(name) AS
    name IN ('system', 'network service', 'local service', 'anonymous logon', 'iusr', '') OR name LIKE 'dwm-%'
    OR name LIKE 'umfd-%' OR name IN ('système', 'service réseau', 'lokaler dienst', 'netzwerkdienst');
CREATE MACRO machine_account(name) AS ends_with(name, '$');

-- The name or address in a target that a command line or an event names: "\\srv01.corp.example" -> srv01.
CREATE MACRO named_host(text) AS
    CASE WHEN contains(text, '$') THEN NULL
    ELSE short_name(nullif(lower(regexp_extract(text, '[A-Za-z0-9_][A-Za-z0-9_.-]*')), '')) END;
CREATE MACRO is_address(text) AS regexp_full_match(text, '[0-9]+(\.[0-9]+){3}');
CREATE MACRO local_name(text) AS text IN ('localhost', '127.0.0.1', '0.0.0.0', '::1', 'local');

-- Services of a movement by port; a dynamic port counts only beside the endpoint mapper's.
CREATE MACRO port_family(port) AS CASE
    WHEN port IN (139, 445) THEN 'smb' WHEN port IN (5985, 5986, 47001) THEN 'winrm' WHEN port = 135 THEN 'rpc'
    WHEN port = 3389 THEN 'rdp' WHEN port = 1433 THEN 'mssql' WHEN port = 22 THEN 'ssh'
    WHEN port >= 49152 THEN 'dynamic' END;

-- A five-minute bucket, in which things near in time meet.
CREATE MACRO bucket(time, width) AS CAST(floor(epoch(time) / width) AS BIGINT);

-- The program that a service or a command starts: a shell by name or variable, else the first executable.
CREATE MACRO program_of(text) AS CASE
    WHEN contains(lower(text), '%comspec%') THEN 'cmd.exe'
    ELSE nullif(regexp_extract(lower(text), '([^\\/"'' ]+\.(exe|com|dll|sys|bat|cmd|ps1|scr|vbs|js))', 1), '') END;

-- Techniques that leave each other's traces.
CREATE MACRO family_of(technique) AS CASE
    WHEN technique IN ('psexec', 'smbexec', 'psexec_like', 'remote_service', 'admin_share_copy') THEN 'service'
    ELSE technique END;

-- Programs that take COM or RPC calls from other hosts.
CREATE MACRO com_server(image) AS coalesce(image IN ('explorer.exe', 'mmc.exe', 'excel.exe', 'winword.exe', 'powerpnt.exe',
    'outlook.exe', 'visio.exe', 'iexplore.exe', 'mshta.exe', 'msiexec.exe', 'dllhost.exe', 'services.exe', 'spoolsv.exe',
    'wmiprvse.exe'), FALSE);

-- The connections that can carry a technique.
CREATE MACRO carriers_of(technique) AS CASE
    WHEN technique = 'winrm_exec' THEN ['winrm']
    WHEN technique IN ('wmi_exec', 'dcom_exec', 'remote_task') THEN ['rpc', 'dynamic', 'smb']
    WHEN technique IN ('psexec', 'smbexec', 'psexec_like', 'remote_service') THEN ['smb', 'rpc', 'dynamic']
    WHEN technique IN ('admin_share_copy', 'remote_registry', 'named_pipe', 'smb_access', 'ntlm_relay') THEN ['smb']
    WHEN technique IN ('rdp', 'mssql', 'ssh') THEN [technique]
    ELSE ['smb', 'rpc', 'winrm', 'dynamic', 'rdp', 'mssql', 'ssh'] END;

-- Whether connections of these families can have carried one of the techniques; a WinRM logon names no address.
CREATE MACRO fits(techniques, nameless, families) AS coalesce(
    list_has_any(families, flatten(list_transform(techniques, lambda t: carriers_of(t))))
    OR nameless AND list_contains(families, 'winrm'), FALSE);

-- How a source is known, the strongest first.
CREATE MACRO known_rank(known_by) AS
    coalesce(list_position(['logon', 'connection', 'kerberos', 'source_log', 'pipe_name', 'key_file', 'dcom_error'], known_by), 9);

-- How far a source of an address fact can be trusted, the best first.
CREATE MACRO address_rank(source) AS list_position(['own', 'machine_logon', 'ticket', 'service_ticket', 'server_name', 'dhcp',
    'asset', 'sysmon_name', 'share_path', 'dns', 'workstation'], source);

CREATE MACRO observer_of(host, sensor, sensor_name) AS coalesce(host, concat(sensor, ' ', sensor_name));
