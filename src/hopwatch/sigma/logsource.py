"""Where the events of a Sigma logsource are in the store: channel, event ids, and the field names used there."""

from __future__ import annotations

from dataclasses import dataclass, field

SYSMON = "Microsoft-Windows-Sysmon/Operational"
SECURITY = "Security"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"


@dataclass(frozen=True)
class Place:
    """One channel that holds a logsource's events; `event_ids` is empty where any of the channel may match."""

    channel: str
    event_ids: tuple[int, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)


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


def places(category: str | None, service: str | None) -> tuple[Place, ...]:
    """The channels of a Sigma logsource of product windows; none where hopwatch does not know it."""
    if category is not None:
        return CATEGORIES.get(category, ())
    return tuple(Place(channel) for channel in SERVICES.get(service or "", ()))


def known_channels() -> dict[str, str]:
    """Every channel named here, by its lower-case spelling."""
    names = [place.channel for group in CATEGORIES.values() for place in group]
    names += [channel for group in SERVICES.values() for channel in group]
    return {name.lower(): name for name in names}
