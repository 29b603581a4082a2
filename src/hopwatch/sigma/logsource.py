"""Where the events of a Sigma logsource are in the store: channel, event ids, and the field names used there."""

from __future__ import annotations

from dataclasses import dataclass, field

SYSMON = "Microsoft-Windows-Sysmon/Operational"
SECURITY = "Security"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"


@dataclass(frozen=True)
class Place:
    """Where a logsource's events are: a Windows channel, or a table of network events.

    `event_ids` is empty where any of the channel may match. `fields` gives their field its column: of a Windows
    channel only those that are called otherwise, of a network table all. `where` narrows a table down.
    """

    channel: str
    event_ids: tuple[int, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    table: str = "windows_event"
    where: str = "TRUE"


# Sysmon's names on the left, Security auditing's on the right (Windows security event 4688).
PROCESS_4688 = {
    "Image": "NewProcessName",
    "ParentImage": "ParentProcessName",
    "ProcessId": "NewProcessId",
    "ParentProcessId": "ProcessId",
    "User": "SubjectUserName",
    "LogonId": "SubjectLogonId",
    "IntegrityLevel": "MandatoryLabel",
}

CATEGORIES: dict[str, tuple[Place, ...]] = {
    "process_creation": (Place(SYSMON, (1,)), Place(SECURITY, (4688,), PROCESS_4688)),
    "network_connection": (Place(SYSMON, (3,)),),
    "process_termination": (Place(SYSMON, (5,)),),
    "driver_load": (Place(SYSMON, (6,)),),
    "image_load": (Place(SYSMON, (7,)),),
    "create_remote_thread": (Place(SYSMON, (8,)),),
    "process_access": (Place(SYSMON, (10,)),),
    "file_event": (Place(SYSMON, (11,)),),
    "registry_add": (Place(SYSMON, (12,)),),
    "registry_delete": (Place(SYSMON, (12,)),),
    "registry_set": (Place(SYSMON, (13,)),),
    "registry_rename": (Place(SYSMON, (14,)),),
    "registry_event": (Place(SYSMON, (12, 13, 14)),),
    "create_stream_hash": (Place(SYSMON, (15,)),),
    "pipe_created": (Place(SYSMON, (17, 18)),),
    "wmi_event": (Place(SYSMON, (19, 20, 21)),),
    "dns_query": (Place(SYSMON, (22,)),),
    "file_delete": (Place(SYSMON, (23, 26)),),
    "process_tampering": (Place(SYSMON, (25,)),),
    "ps_script": (Place(POWERSHELL, (4104,)),),
    "ps_module": (Place(POWERSHELL, (4103,)),),
    "ps_classic_start": (Place("Windows PowerShell", (400,)),),
    "ps_classic_provider_start": (Place("Windows PowerShell", (600,)),),
}

SERVICES: dict[str, tuple[str, ...]] = {
    "security": (SECURITY,),
    "system": ("System",),
    "application": ("Application",),
    "sysmon": (SYSMON,),
    "powershell": (POWERSHELL,),
    "powershell-classic": ("Windows PowerShell",),
    "winrm": ("Microsoft-Windows-WinRM/Operational",),
    "wmi": ("Microsoft-Windows-WMI-Activity/Operational",),
    "taskscheduler": ("Microsoft-Windows-TaskScheduler/Operational",),
    "terminalservices-localsessionmanager": ("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",),
    "terminalservices-remoteconnectionmanager": (
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
    ),
    "rdpcorets": ("Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational",),
    "smbserver-security": ("Microsoft-Windows-SMBServer/Security",),
    "smbserver-connectivity": ("Microsoft-Windows-SMBServer/Connectivity",),
    "smbserver-audit": ("Microsoft-Windows-SMBServer/Audit",),
    "smbclient-security": ("Microsoft-Windows-SmbClient/Security",),
    "smbclient-connectivity": ("Microsoft-Windows-SmbClient/Connectivity",),
    "ntlm": ("Microsoft-Windows-NTLM/Operational",),
    "windefend": ("Microsoft-Windows-Windows Defender/Operational",),
    "dns-client": ("Microsoft-Windows-DNS Client Events/Operational",),
    "dns-server": ("DNS Server",),
    "dns-server-analytic": ("Microsoft-Windows-DNS-Server/Analytical",),
    "bits-client": ("Microsoft-Windows-Bits-Client/Operational",),
    "firewall-as": ("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",),
}


ENDS = {
    "id.orig_h": "orig_ip",
    "id.orig_p": "orig_port",
    "id.resp_h": "resp_ip",
    "id.resp_p": "resp_port",
    "uid": "uid",
}


DNS = {"query": "query", "qtype_name": "qtype", "rcode_name": "rcode", "id.orig_h": "client_ip"}


def _zeek(log: str, table: str, where: str, *same: str, **fields: str) -> Place:
    """A log of Zeek (or of Suricata, in the same table): fields of the same name, and those with another."""
    return Place(f"zeek_{log}", (), ENDS | {name: name for name in same} | fields, table, where)


ZEEK = {
    "conn": _zeek(
        *("conn", "connection", "sensor NOT IN ('sysmon', 'wfp')"),
        *("proto", "service", "conn_state", "duration", "orig_bytes", "resp_bytes", "history"),
    ),
    "dce_rpc": _zeek("dce_rpc", "dce_rpc", "TRUE", "endpoint", "operation", "named_pipe"),
    "smb_mapping": _zeek("smb_mapping", "smb_activity", "kind = 'mapping'", "path", "share_type", "share"),
    "smb_files": _zeek(
        *("smb_files", "smb_activity", "kind = 'file'", "path", "size", "share", "is_new"),
        **{"name": "file_name", "prev_name": "previous_name", "action": "'SMB::FILE_' || upper(action)"},
    ),
    "kerberos": _zeek(
        *("kerberos", "kerberos_activity", "TRUE", "request_type", "client", "service", "cipher", "success"),
        error_msg="error",
    ),
    "ntlm": _zeek(
        *("ntlm", "ntlm_activity", "TRUE", "success"),
        **{"username": "user_name", "hostname": "client_name", "domainname": "domain"},
    ),
    "http": _zeek("http", "http_activity", "TRUE", "method", "uri", "user_agent", status_code="status", host="server"),
    "dns": Place("zeek_dns", (), DNS, "dns"),
}


def places(category: str | None, service: str | None, product: str | None = "windows") -> tuple[Place, ...]:
    """Where the events of a Sigma logsource are; none where hopwatch does not know it."""
    if product == "zeek":
        return (ZEEK[service],) if service in ZEEK else ()
    if category is not None:
        return CATEGORIES.get(category, ())
    return tuple(Place(channel) for channel in SERVICES.get(service or "", ()))


def known_channels() -> dict[str, str]:
    """Every channel named here, by its lower-case spelling."""
    names = [place.channel for group in CATEGORIES.values() for place in group]
    names += [channel for group in SERVICES.values() for channel in group]
    return {name.lower(): name for name in names}
