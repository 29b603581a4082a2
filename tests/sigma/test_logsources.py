"""Where the events of every logsource are, under the names that each log uses, and what is not for these logs."""

import pytest
import yaml

from hopwatch.model.summary import Summary
from hopwatch.pipeline.rules import asked, match
from tests.sigma.world import filled, found, hits, loaded, one

SYSMON = "Microsoft-Windows-Sysmon/Operational"
# The services and categories of Windows that public rules use.
SERVICES = [
    "applocker",
    "appmodel-runtime",
    "appxdeployment-server",
    "appxpackaging-om",
    "application",
    "application-experience",
    "bitlocker",
    "bits-client",
    "capi2",
    "certificateservicesclient-lifecycle-system",
    "codeintegrity-operational",
    "dhcp",
    "diagnosis-scripted",
    "dns-client",
    "dns-server",
    "dns-server-analytic",
    "dns-server-audit",
    "driver-framework",
    "firewall-as",
    "hyper-v-worker",
    "iis-configuration",
    "kernel-event-tracing",
    "kernel-shimengine",
    "ldap",
    "ldap_debug",
    "lsa-server",
    "microsoft-servicebus-client",
    "msexchange-management",
    "ntfs",
    "ntlm",
    "openssh",
    "powershell",
    "powershell-classic",
    "printservice-admin",
    "printservice-operational",
    "security",
    "security-mitigations",
    "sense",
    "servicebus-client",
    "shell-core",
    "smbclient-connectivity",
    "smbclient-security",
    "smbserver-connectivity",
    "sysmon",
    "system",
    "taskscheduler",
    "terminalservices-localsessionmanager",
    "vhdmp",
    "windefend",
    "winrm",
    "wmi",
]
CATEGORIES = [
    "antivirus",
    "clipboard_capture",
    "clipboard_change",
    "create_remote_thread",
    "create_stream_hash",
    "dns_query",
    "driver_load",
    "file_access",
    "file_block",
    "file_change",
    "file_delete",
    "file_event",
    "file_executable_detected",
    "file_rename",
    "image_load",
    "network_connection",
    "pipe_created",
    "process_access",
    "process_creation",
    "process_tampering",
    "process_termination",
    "ps_classic_provider_start",
    "ps_classic_script",
    "ps_classic_start",
    "ps_module",
    "ps_script",
    "raw_access_read",
    "raw_access_thread",
    "registry_add",
    "registry_delete",
    "registry_event",
    "registry_rename",
    "registry_set",
    "sysmon_error",
    "sysmon_status",
    "wmi_event",
]
ZEEK = ["conn", "dce_rpc", "dns", "http", "kerberos", "ntlm", "smb_files", "smb_mapping"]
ZEEK_UNSTORED = ["rdp", "ssl", "x509", "ssh", "ftp", "smtp", "files", "notice", "weird"]


def text(source, detection):
    detection = detection if "condition" in detection else {"s": detection, "condition": "s"}
    return yaml.safe_dump({"title": "x", "logsource": source, "detection": detection})


def windows(**source):
    return {"product": "windows"} | source


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_of_windows_has_channels(name):
    assert one(text(windows(service=name), {"EventID": 1, "A": "x"})).state == "ready"


@pytest.mark.parametrize("name", CATEGORIES)
def test_a_category_of_windows_has_channels(name):
    assert one(text(windows(category=name), {"Image|endswith": "\\x.exe"})).state == "ready"


@pytest.mark.parametrize("name", ZEEK)
def test_a_log_of_zeek_that_is_stored_has_a_table(name):
    entry = one(text({"product": "zeek", "service": name}, {"id.orig_h|cidr": "10.20.0.0/16"}))
    assert (entry.state, entry.problems) == ("ready", ())


@pytest.mark.parametrize("name", ZEEK_UNSTORED)
def test_a_log_of_zeek_that_is_not_stored_is_known(name):
    entry = one(text({"product": "zeek", "service": name}, {"id.orig_h": "10.20.0.1"}))
    assert entry.state == "not stored"
    assert "matches nothing" in entry.problems[0].text


@pytest.mark.parametrize(
    "source",
    [
        {"product": "linux", "category": "process_creation"},
        {"product": "aws", "service": "cloudtrail"},
        {"category": "webserver"},
        {"product": "macos", "category": "file_event"},
        {"category": "proxy"},
    ],
)
def test_a_logsource_of_other_systems_is_no_failure(source):
    assert one(text(source, {"A": "x"})).state == "other logs"


def test_a_rule_for_process_creation_hits_sysmon_and_security_auditing():
    detection = {
        "Image|endswith": "\\whoami.exe",
        "ParentImage|endswith": "\\cmd.exe",
        "CommandLine|contains": "/all",
        "ProcessId": 500,
        "User|contains": "corp\\",
        "IntegrityLevel": ["High", "S-1-16-12288"],
    }
    sysmon = {
        "Channel": SYSMON,
        "EventID": 1,
        "Image": "C:\\Windows\\whoami.exe",
        "ParentImage": "C:\\cmd.exe",
        "CommandLine": "whoami /all",
        "ProcessId": "500",
        "User": "CORP\\alice",
        "IntegrityLevel": "High",
    }
    audit = {
        "EventID": 4688,
        "NewProcessName": "C:\\Windows\\whoami.exe",
        "ParentProcessName": "C:\\cmd.exe",
        "CommandLine": "whoami /all",
        "NewProcessId": "0x1f4",
        "ProcessId": "0x9",
        "SubjectUserName": "alice",
        "SubjectDomainName": "CORP",
        "MandatoryLabel": "S-1-16-12288",
    }
    other = audit | {"NewProcessId": "0x9", "ProcessId": "0x1f4"}
    rules = loaded(text(windows(category="process_creation"), detection))
    assert hits(rules, [sysmon, audit, other, audit | {"MandatoryLabel": "S-1-16-8192"}]) == {1, 2}


def test_a_process_that_is_created_for_someone_else_runs_as_they_do():
    detection = {"s": {"ParentImage|endswith": "\\wmiprvse.exe", "User|endswith": "\\alice", "LogonId": "0x9a"}}
    filters = {"f": [{"User|contains": "AUTHORI"}, {"LogonId": "0x3e4"}]}
    rules = loaded(text(windows(category="process_creation"), detection | filters | {"condition": "s and not f"}))
    audit = {"EventID": 4688, "NewProcessName": "C:\\a.exe", "ParentProcessName": "C:\\Windows\\WmiPrvSE.exe"}
    service = audit | {"SubjectUserSid": "S-1-5-20", "SubjectUserName": "SRV01$", "SubjectLogonId": "0x3e4"}
    nobody = {"TargetUserSid": "S-1-0-0", "TargetUserName": "-", "TargetDomainName": "-", "TargetLogonId": "0x0"}
    target = {"TargetUserSid": "S-1-5-21-1", "TargetUserName": "alice", "TargetDomainName": "CORP"}
    themselves = {"SubjectUserName": "alice", "SubjectDomainName": "CORP", "SubjectLogonId": "0x9a"}
    events = [service | target | {"TargetLogonId": "0x9a"}, service | nobody, audit | themselves | nobody]
    assert hits(rules, events) == {1, 3}


def test_auditing_names_of_process_creation_hit_sysmon_too():
    rules = loaded(text(windows(category="process_creation"), {"NewProcessName|endswith": "\\x.exe"}))
    assert hits(
        rules,
        [{"Channel": SYSMON, "EventID": 1, "Image": "C:\\x.exe"}, {"EventID": 4688, "NewProcessName": "C:\\x.exe"}],
    ) == {1, 2}


def test_the_system_account_is_called_so_in_both():
    rules = loaded(text(windows(category="process_creation"), {"User|contains": ["AUTHORI", "AUTORI"]}))
    events = [
        {
            "EventID": 4688,
            "NewProcessName": "x",
            "SubjectUserSid": "S-1-5-18",
            "SubjectUserName": "SRV01$",
            "SubjectDomainName": "CORP",
        },
        {"Channel": SYSMON, "EventID": 1, "User": "NT AUTHORITY\\SYSTEM"},
        {
            "EventID": 4688,
            "NewProcessName": "x",
            "SubjectUserSid": "S-1-5-21-1",
            "SubjectUserName": "alice",
            "SubjectDomainName": "CORP",
        },
    ]
    assert hits(rules, events) == {1, 2}


def test_a_rule_for_registry_values_hits_sysmon_and_security_auditing():
    rules = loaded(
        text(
            windows(category="registry_set"),
            {"TargetObject|startswith": "HKLM\\Software\\", "TargetObject|endswith": "\\Run\\x", "Details": "y"},
        )
    )
    events = [
        {"Channel": SYSMON, "EventID": 13, "TargetObject": "HKLM\\SOFTWARE\\Run\\x", "Details": "y"},
        {
            "EventID": 4657,
            "ObjectName": "\\REGISTRY\\MACHINE\\SOFTWARE\\Run",
            "ObjectValueName": "x",
            "NewValue": "y",
            "OperationType": "%%1905",
        },
        {
            "EventID": 4657,
            "ObjectName": "\\REGISTRY\\MACHINE\\SOFTWARE\\Run",
            "ObjectValueName": "x",
            "NewValue": "y",
            "OperationType": "%%1906",
        },
    ]
    assert hits(rules, events) == {1, 2}


def test_a_rule_for_connections_hits_sysmon_and_the_filtering_platform():
    rules = loaded(
        text(
            windows(category="network_connection"),
            {"Image|endswith": "\\x.exe", "DestinationPort": 445, "Initiated": "true"},
        )
    )
    events = [
        {"Channel": SYSMON, "EventID": 3, "Image": "C:\\x.exe", "DestinationPort": 445, "Initiated": "true"},
        {"EventID": 5156, "Application": "\\device\\harddiskvolume1\\x.exe", "DestPort": "445", "Direction": "%%14593"},
        {"EventID": 5156, "Application": "\\device\\harddiskvolume1\\x.exe", "DestPort": "445", "Direction": "%%14592"},
    ]
    assert hits(rules, events) == {1, 2}


def test_a_rule_for_what_is_removed_from_the_registry_hits_security_auditing():
    rules = loaded(
        text(windows(category="registry_delete"), {"TargetObject|endswith": "\\x", "EventType": "DeleteValue"})
    )
    audit = {"EventID": 4657, "ObjectName": "\\REGISTRY\\MACHINE\\SOFTWARE\\Run", "ObjectValueName": "x"}
    assert hits(rules, [audit | {"OperationType": f"%%{kind}"} for kind in (1904, 1905, 1906)]) == {3}


def test_keys_that_are_made_and_keys_that_are_removed_are_told_apart():
    events = [
        {"Channel": SYSMON, "EventID": 12, "EventType": kind, "TargetObject": "HKLM\\x"}
        for kind in ("CreateKey", "DeleteKey", "DeleteValue")
    ]
    for category, expected in (("registry_add", {1}), ("registry_delete", {2, 3}), ("registry_event", {1, 2, 3})):
        assert hits(loaded(text(windows(category=category), {"TargetObject|endswith": "\\x"})), events) == expected


def test_classic_powershell_has_its_fields_in_a_text():
    rules = loaded(
        text(
            windows(category="ps_classic_start"), {"HostApplication|contains": "-enc", "EngineVersion|startswith": "2."}
        )
    )
    data = "Available\n\tHostApplication=powershell -enc x\n\tEngineVersion={}\n\tHostName=ConsoleHost"
    events = [{"Channel": "Windows PowerShell", "EventID": 400, "Data": data.format(v)} for v in ("2.0", "5.1")]
    assert hits(rules, events) == {1}


@pytest.mark.parametrize(
    ("service", "channel"),
    [
        ("dns-client", "Microsoft-Windows-DNS-Client/Operational"),
        ("dns-server-audit", "Microsoft-Windows-DNSServer/Audit"),
        ("dns-server-analytic", "Microsoft-Windows-DNSServer/Analytical"),
        ("security-mitigations", "Microsoft-Windows-Security-Mitigations/KernelMode"),
        ("vhdmp", "Microsoft-Windows-VHDMP-Operational"),
    ],
)
def test_a_service_is_read_where_windows_writes_it(service, channel):
    rules = loaded(text(windows(service=service), {"EventID": 9, "A": "x"}))
    assert hits(rules, [{"Channel": channel, "EventID": 9, "A": "x"}]) == {1}


def test_the_service_of_classic_powershell_has_the_fields_of_its_text_too():
    rules = loaded(text(windows(service="powershell-classic"), {"HostApplication|contains": "-enc"}))
    data = "x\n\tHostApplication=powershell {}\n\tHostId=-enc"
    event = {"Channel": "Windows PowerShell", "EventID": 600}
    assert hits(rules, [event | {"Data": data.format(way)} for way in ("-enc x", "-file x")]) == {1}


def test_a_rule_for_antivirus_hits_what_defender_finds():
    rules = loaded(text({"category": "antivirus"}, {"Signature|contains": "Mimikatz", "Filename|endswith": ".exe"}))
    defender = "Microsoft-Windows-Windows Defender/Operational"
    finding = {"Channel": defender, "Threat Name": "HackTool:Win32/Mimikatz.D", "Path": "file:_C:\\Temp\\a.exe"}
    assert hits(rules, [finding | {"EventID": 1116}, finding | {"EventID": 5007}]) == {1}


def test_a_rule_for_windows_as_a_whole_reads_every_channel():
    rules = loaded(text(windows(), {"keywords": ["mimikatz"], "condition": "keywords"}))
    assert asked(rules) is None
    assert hits(rules, [{"Channel": "Anything/Operational", "EventID": 9, "A": "mimikatz"}, {"A": "x"}]) == {1}


def test_what_is_read_is_what_rules_ask_for():
    rules = loaded(
        text(windows(category="process_creation"), {"A": "x"}),
        text(windows(service="security"), {"EventID": [4624, 4625], "A": "x"}),
        text(windows(service="system"), {"A": "x"}),
        text({"product": "zeek", "service": "http"}, {"method": "GET"}),
    )
    assert asked(rules).channels == {SYSMON: {1}, "Security": {4624, 4625, 4688}, "System": None}


def test_zeek_and_suricata_are_one(tmp_path):
    from hopwatch.pipeline.logs import LogOptions
    from hopwatch.pipeline.rules import run
    from hopwatch.report.matches import rows

    rules = loaded(
        text(
            {"product": "zeek", "service": "conn"},
            {"id.resp_p": 4444, "proto": "tcp", "id.orig_h|cidr": "10.20.0.0/16"},
        )
    )
    (tmp_path / "conn.log").write_text(
        '{"_path":"conn","ts":1767607200.5,"uid":"C1","id.orig_h":"10.20.1.1","id.orig_p":50000,"id.resp_h":"10.20.2.2","id.resp_p":4444,'
        '"proto":"tcp","conn_state":"SF","duration":1.5,"orig_bytes":10,"resp_bytes":20}\n'
    )
    (tmp_path / "eve.json").write_text(
        '{"timestamp":"2026-01-05T10:00:09.000000+0000","flow_id":1,"event_type":"flow","src_ip":"10.20.1.3","src_port":50001,'
        '"dest_ip":"10.20.2.2","dest_port":4444,"proto":"TCP","flow":{"pkts_toserver":5,"pkts_toclient":5,"bytes_toserver":500,'
        '"bytes_toclient":500,"start":"2026-01-05T10:00:08.000000+0000","end":"2026-01-05T10:00:09.000000+0000","state":"closed"}}\n'
    )
    done = run(rules, [tmp_path], LogOptions())
    assert isinstance(done.summary, Summary)
    assert [row["event"]["orig_ip"] for _, _, row in rows(done.con, done.rules)] == ["10.20.1.1", "10.20.1.3"]


def test_a_field_that_a_log_of_zeek_does_not_have_is_absent_and_said():
    entry = one(text({"product": "zeek", "service": "conn"}, {"local_orig": "true"}))
    assert entry.state == "ready"
    assert "local_orig" in entry.problems[0].text


def test_a_rule_for_zeek_as_a_whole_reads_every_log_that_is_stored():
    entry = one(text({"product": "zeek"}, {"id_resp_p": 445, "filter|contains": "x"}))
    assert entry.state == "ready"
    assert {match.table for match in entry.matches} >= {"connection", "dns", "http_activity", "smb_activity"}
    assert [problem.text for problem in entry.problems] == [
        "no log that hopwatch stores has a field filter: it is always absent"
    ]


def test_what_zeek_says_of_a_name_can_be_asked_for():
    head = {"_path": "dns", "id.orig_h": "10.20.1.1", "id.resp_h": "10.20.1.2", "id.resp_p": 53, "proto": "udp"}
    head |= {"ts": 1767600000.0, "trans_id": 1, "qtype_name": "A", "query": "srv01.corp.example"}
    detection = {"s": {"query|contains": "."}, "f": {"Z": 0}, "r": {"rejected": "true"}}
    rules = loaded(
        text({"product": "zeek", "service": "dns"}, detection | {"condition": "s and not f and not r"}),
    )
    said = [(0, False), (1, False), (1, True)]
    names = [
        head | {"id.orig_p": 5000 + i, "uid": f"C{i}", "Z": z, "rejected": rejected}
        for i, (z, rejected) in enumerate(said)
    ]
    own = {"Channel": SYSMON, "EventID": 22, "QueryName": "srv01.corp.example"}  # a host's log of its own query
    con = filled([*names, own])
    assert match(con, rules) == {}
    assert con.execute("SELECT uid FROM sigma_match JOIN dns USING (key)").fetchall() == [("C1",)]


def test_roles_are_asked_of_the_table_of_roles():
    from hopwatch.sigma.run import match_rules, prepare
    from tests.sigma.world import filled

    rules = loaded(
        text(windows(service="security"), {"EventID": 4624, "SourceRole": "workstation", "TargetRole|neq": "jump_host"})
    )
    con = filled([{"EventID": 4624, "IpAddress": "10.20.1.1"}, {"EventID": 4624, "IpAddress": "10.20.1.2"}])
    prepare(con)
    con.execute(
        "INSERT INTO role VALUES ('ws01', '10.20.1.1', 'workstation'), ('ws01', '10.20.1.1', 'kiosk'),"
        " ('srv01.corp.example', NULL, 'file_server')"
    )
    match_rules(con, rules)
    sql = "SELECT record_id FROM sigma_match JOIN windows_event USING (key)"
    assert con.execute(sql).fetchall() == [(1,)]
    con.execute("INSERT INTO role VALUES ('srv01', NULL, 'jump_host')")
    match_rules(con, rules)
    assert con.execute(sql).fetchall() == []
    con.execute("DELETE FROM role")


def test_a_match_shows_the_event_with_all_its_fields():
    rules = loaded(text(windows(service="security"), {"TargetUserName": "alice"}))
    [row] = found(rules, [{"TargetUserName": "alice", "Odd Field": "x", "param1": "y"}])
    assert row["event"] == {"TargetUserName": "alice", "Odd Field": "x", "param1": "y"}
    assert (row["host"], row["channel"], row["event_id"], row["record_id"]) == (
        "srv01.corp.example",
        "Security",
        4688,
        1,
    )


def test_smb_and_winrm_from_workstations_are_found_over_zeek_and_suricata(tmp_path):
    from importlib.resources import files

    from hopwatch.pipeline.logs import LogOptions
    from hopwatch.pipeline.rules import load, run
    from hopwatch.report.matches import rows

    def zeek(number, source, target, port, state="SF"):
        return (
            f'{{"_path":"conn","ts":{1767607200 + number},"uid":"C{number}","id.orig_h":"{source}",'
            f'"id.orig_p":{50000 + number},'
            f'"id.resp_h":"{target}","id.resp_p":{port},"proto":"tcp","conn_state":"{state}","history":"ShADadFf",'
            f'"duration":1.5,"orig_bytes":10,"resp_bytes":20}}\n'
        )

    work, other, admin, file_server, plain = (f"10.20.1.{n}" for n in range(1, 6))
    (tmp_path / "assets.csv").write_text(
        f"host,ip,role\nws01,{work},workstation\nws02,{other},workstation\n"
        f'adm01,{admin},"workstation,jump_host"\nfs01,{file_server},file server\n'
    )
    flows = [
        (work, other, 445),
        (work, plain, 5985),
        (work, file_server, 445),
        (admin, other, 445),
        (plain, other, 445),
        (work, other, 443),
    ]
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "conn.log").write_text(
        "".join(zeek(n, *flow) for n, flow in enumerate(flows)) + zeek(9, work, other, 445, "S0")
    )
    (logs / "eve.json").write_text(
        f'{{"timestamp":"2026-01-05T11:00:09.000000+0000","flow_id":1,"event_type":"flow","src_ip":"{other}","src_port":50001,'
        f'"dest_ip":"{work}","dest_port":445,"proto":"TCP","app_proto":"smb","flow":{{"pkts_toserver":5,"pkts_toclient":5,'
        '"bytes_toserver":500,"bytes_toclient":500,"start":"2026-01-05T11:00:08.000000+0000",'
        '"end":"2026-01-05T11:00:09.000000+0000","state":"closed"}}\n'
    )
    rules = load([str(files("hopwatch") / "rules" / "roles")])
    done = run(rules, [logs], LogOptions(assets=tmp_path / "assets.csv"))
    got = {(row["rule"], row["event"]["orig_ip"], row["event"]["resp_ip"]) for _, _, row in rows(done.con, done.rules)}
    assert got == {
        ("smb-from-workstation", work, other),
        ("smb-from-workstation", other, work),
        ("winrm-from-workstation", work, plain),
    }
