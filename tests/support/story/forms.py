"""What Windows writes of each event: its fields in their order, with the values that hardly ever differ."""

from __future__ import annotations

SECURITY = "Security"
SYSTEM = "System"
SYSMON = "Microsoft-Windows-Sysmon/Operational"
WINRM = "Microsoft-Windows-WinRM/Operational"
NO_GUID = "00000000-0000-0000-0000-000000000000"
ADMIN = ("Security", "Backup", "Restore", "TakeOwnership", "Debug", "SystemEnvironment", "LoadDriver", "Impersonate")
PRIVILEGES = "\r\n\t\t\t".join(f"Se{name}Privilege" for name in ADMIN)

# Provider, GUID, EventSourceName, Level, Keywords.
PROVIDERS: dict[str, tuple[str, str, str | None, int, str]] = {
    SECURITY: (
        "Microsoft-Windows-Security-Auditing", "54849625-5478-4994-A5BA-3E3B0328C30D", None, 0, "0x8020000000000000",
    ),
    SYSTEM: (
        "Service Control Manager", "{555908d1-a6d7-4695-8e1e-26931d2012f4}", "Service Control Manager", 4,
        "0x8080000000000000",
    ),
    SYSMON: ("Microsoft-Windows-Sysmon", "5770385F-C22A-43E0-BF4C-06F5698FFBD9", None, 4, "0x8000000000000000"),
    WINRM: ("Microsoft-Windows-WinRM", "{a7975c8f-ac13-49f1-87da-5a984a4ab417}", None, 4, "0x4000000000000004"),
}  # fmt: skip

# Version, Task and the short text that collectors show.
ABOUT: dict[tuple[str, int], tuple[int, int, str]] = {
    (SECURITY, 4624): (2, 12544, "An account was successfully logged on."),
    (SECURITY, 4634): (0, 12545, "An account was logged off."),
    (SECURITY, 4648): (0, 12544, "A logon was attempted using explicit credentials."),
    (SECURITY, 4672): (0, 12548, "Special privileges assigned to new logon."),
    (SECURITY, 4688): (2, 13312, "A new process has been created."),
    (SECURITY, 4697): (0, 12289, "A service was installed in the system."),
    (SECURITY, 4698): (1, 12804, "A scheduled task was created."),
    (SECURITY, 4769): (0, 14337, "A Kerberos service ticket was requested."),
    (SECURITY, 5140): (1, 12808, "A network share object was accessed."),
    (SECURITY, 5145): (0, 12811, "A network share object was checked for the desired access."),
    (SYSTEM, 7036): (0, 0, "The service entered a new state."),
    (SYSTEM, 7045): (0, 0, "A service was installed in the system."),
    (SYSMON, 1): (5, 1, "Process Create:"),
    (SYSMON, 3): (5, 3, "Network connection detected:"),
    (WINRM, 91): (0, 9, "Creating WSMan shell on server with ResourceUri"),
}

SUBJECT = {"SubjectUserSid": "", "SubjectUserName": "", "SubjectDomainName": "", "SubjectLogonId": ""}
SHARE = {"ObjectType": "File", "IpAddress": "", "IpPort": "", "ShareName": "", "ShareLocalPath": ""}

FORMS: dict[tuple[str, int], dict[str, str | int | bool]] = {
    (SECURITY, 4624): {
        "SubjectUserSid": "S-1-0-0", "SubjectUserName": "-", "SubjectDomainName": "-", "SubjectLogonId": "0x0",
        "TargetUserSid": "", "TargetUserName": "", "TargetDomainName": "", "TargetLogonId": "", "LogonType": 3,
        "LogonProcessName": "Kerberos", "AuthenticationPackageName": "Kerberos", "WorkstationName": "-",
        "LogonGuid": NO_GUID, "TransmittedServices": "-", "LmPackageName": "-", "KeyLength": 0, "ProcessId": "0x0",
        "ProcessName": "-", "IpAddress": "-", "IpPort": "-", "ImpersonationLevel": "%%1833", "RestrictedAdminMode": "-",
        "TargetOutboundUserName": "-", "TargetOutboundDomainName": "-", "VirtualAccount": "%%1843",
        "TargetLinkedLogonId": "0x0", "ElevatedToken": "%%1842",
    },
    (SECURITY, 4634): {
        "TargetUserSid": "", "TargetUserName": "", "TargetDomainName": "", "TargetLogonId": "", "LogonType": 3,
    },
    (SECURITY, 4648): {
        **SUBJECT, "LogonGuid": NO_GUID, "TargetUserName": "", "TargetDomainName": "", "TargetLogonGuid": NO_GUID,
        "TargetServerName": "", "TargetInfo": "", "ProcessId": "", "ProcessName": "", "IpAddress": "-", "IpPort": "-",
    },
    (SECURITY, 4672): {**SUBJECT, "PrivilegeList": PRIVILEGES},
    (SECURITY, 4688): {
        **SUBJECT, "NewProcessId": "", "NewProcessName": "", "TokenElevationType": "%%1936", "ProcessId": "",
        "CommandLine": "", "TargetUserSid": "S-1-0-0", "TargetUserName": "-", "TargetDomainName": "-",
        "TargetLogonId": "0x0", "ParentProcessName": "", "MandatoryLabel": "S-1-16-16384",
    },
    (SECURITY, 4697): {
        **SUBJECT, "ServiceName": "", "ServiceFileName": "", "ServiceType": "0x10", "ServiceStartType": 3,
        "ServiceAccount": "LocalSystem",
    },
    (SECURITY, 4698): {
        **SUBJECT, "TaskName": "", "TaskContent": "", "ClientProcessStartKey": "5629499534213531",
        "ClientProcessId": "1096", "ParentProcessId": "612", "RpcCallClientLocality": "0", "FQDN": "",
    },
    (SECURITY, 4769): {
        "TargetUserName": "", "TargetDomainName": "CORP.EXAMPLE", "ServiceName": "", "ServiceSid": "",
        "TicketOptions": "0x40810000", "TicketEncryptionType": "0x12", "IpAddress": "", "IpPort": "", "Status": "0x0",
        "LogonGuid": NO_GUID, "TransmittedServices": "-",
    },
    (SECURITY, 5140): {**SUBJECT, **SHARE, "AccessMask": "0x1", "AccessList": "%%4416\r\n\t\t\t\t"},
    (SECURITY, 5145): {
        **SUBJECT, **SHARE, "RelativeTargetName": "", "AccessMask": "", "AccessList": "", "AccessReason": "-",
    },
    (SYSTEM, 7036): {"param1": "", "param2": "", "Binary": ""},
    (SYSTEM, 7045): {
        "ServiceName": "", "ImagePath": "", "ServiceType": "user mode service", "StartType": "demand start",
        "AccountName": "LocalSystem",
    },
    (SYSMON, 1): {
        "RuleName": "-", "UtcTime": "", "ProcessGuid": "", "ProcessId": 0, "Image": "",
        "FileVersion": "10.0.17763.1 (WinBuild.160101.0800)", "Description": "-",
        "Product": "Microsoft® Windows® Operating System", "Company": "Microsoft Corporation", "OriginalFileName": "-",
        "CommandLine": "", "CurrentDirectory": "C:\\Windows\\system32\\", "User": "", "LogonGuid": NO_GUID,
        "LogonId": "", "TerminalSessionId": 0, "IntegrityLevel": "High",
        "Hashes": "SHA1=0123456789ABCDEF0123456789ABCDEF01234567",
        "ParentProcessGuid": NO_GUID, "ParentProcessId": 0, "ParentImage": "", "ParentCommandLine": "",
    },
    (SYSMON, 3): {
        "RuleName": "-", "UtcTime": "", "ProcessGuid": "", "ProcessId": 0, "Image": "", "User": "", "Protocol": "tcp",
        "Initiated": True, "SourceIsIpv6": False, "SourceIp": "", "SourceHostname": "-", "SourcePort": 0,
        "SourcePortName": "-", "DestinationIsIpv6": False, "DestinationIp": "", "DestinationHostname": "-",
        "DestinationPort": 0, "DestinationPortName": "-",
    },
    (WINRM, 91): {"resourceUri": "http://schemas.microsoft.com/powershell/Microsoft.PowerShell", "shellId": ""},
}  # fmt: skip

ACCESS = {
    "0x1": "%%4416",
    "0x2": "%%4417",
    "0x80": "%%4423",
    "0x10080": "%%1537 %%4423",
    "0x120089": "%%1538 %%1541 %%4416 %%4419 %%4423",
    "0x120196": "%%1538 %%1541 %%4417 %%4418 %%4420 %%4423 %%4424",
    "0x12019f": "%%1538 %%1541 %%4416 %%4417 %%4418 %%4419 %%4420 %%4423 %%4424",
}


def access_list(mask: str) -> str:
    """The codes that Windows lists beside an access mask."""
    return "".join(f"{code}\r\n\t\t\t\t" for code in ACCESS[mask].split())
