"""What the organisation would say of itself: context.yml and assets.csv. Attacks have no part in it."""

from __future__ import annotations

from hopwatch.lab.world import Organisation

ROLES = {
    "dc": "domain_controller", "jump": "jump_host", "management": "management", "monitor": "management",
    "backup": "management", "collector": "collector", "scanner": "scanner", "ansible": "management",
    "workstation": "workstation",
}  # fmt: skip
# Purpose of a service account: where it works from, what it does.
DUTIES = {
    "sccm": (("management",), ("remote_service", "admin_share_copy", "psexec_like")),
    "backup": (("backup", "management"), ("remote_service", "admin_share_copy", "psexec_like")),
    "monitor": (("monitor", "management"), ("wmi_exec", "remote_logon")),
    "scan": (
        ("scanner",),
        ("remote_registry", "remote_service", "wmi_exec", "smb_access", "remote_logon", "admin_share_copy"),
    ),
    "ansible": (("ansible",), ("winrm_exec",)),
    "print": (("device",), ("smb_access", "remote_logon")),
}


def context(org: Organisation) -> str:
    """Write the organisation's context: roles of hosts and accounts, and allowed work."""
    lines = ["hosts:"]
    for segment in org.segments:
        if segment.kind == "clients":
            lines.append(f"  - {{match: {segment.prefix}.0/24, roles: [workstation]}}")
        elif segment.kind == "servers":
            lines.append(f"  - {{match: {segment.prefix}.0/24, roles: [server]}}")
    lines += [
        f"  - {{match: {h.name}, roles: [{ROLES[h.role]}]}}"
        for h in org.hosts
        if h.role in ROLES and h.role != "workstation"
    ]
    lines += [f"  - {{match: {h.ip}, roles: [{ROLES[h.role]}]}}" for h in org.hosts if h.role in ("scanner", "ansible")]
    lines.append("accounts:")
    lines += [f'  - {{match: "{a.name}", roles: [admin], sources: [{_jumps(org)}]}}' for a in org.accounts["admin"]]
    lines += [
        f'  - {{match: "{a.name}", roles: [helpdesk], sources: [{a.home.name}]}}'
        for a in org.accounts["helpdesk"]
        if a.home
    ]
    lines += [_duty(org, purpose) for purpose in DUTIES]
    lines.append("allow:")
    lines += [_allowed(org, purpose) for purpose in ("sccm", "backup", "scan", "ansible", "monitor")]
    return "\n".join(lines) + "\n"


def _jumps(org: Organisation) -> str:
    return ", ".join(host.name for host in org.role("jump"))


def _sources(org: Organisation, purpose: str) -> list[str]:
    host = org.one(*DUTIES[purpose][0])
    if purpose == "print":
        return [device.ip for device in org.role("device")]
    return [host.name] if host.windows else [host.name, host.ip]


def _duty(org: Organisation, purpose: str) -> str:
    account, techniques = org.service(purpose).name, ", ".join(DUTIES[purpose][1])
    sources = ", ".join(_sources(org, purpose))
    return f'  - {{match: "{account}", roles: [service_account], sources: [{sources}], techniques: [{techniques}]}}'


def _allowed(org: Organisation, purpose: str) -> str:
    account, techniques = org.service(purpose).name, ", ".join(DUTIES[purpose][1])
    hours = {
        "sccm": ', hours: "18:00-23:59"',
        "backup": ', hours: "22:00-06:00"',
        "scan": ', hours: "02:00-08:00"',
    }.get(purpose, "")
    source = _sources(org, purpose)[-1]
    about = f'source: {source}, account: "{account}", target: "*", techniques: [{techniques}]{hours}'
    return f"  - {{{about}, why: {purpose}}}"


def assets(org: Organisation) -> str:
    """Write the asset list as CSV: the addresses are those at the end, a server's second one too."""
    lines = ["name,fqdn,ip,role,os,segment"]
    for host in org.hosts:
        known = [host.ip, host.other_ip] if host.other_ip and host.role != "workstation" else [host.ip]
        about = f"{ROLES.get(host.role, host.role)},{_system(host.os, host.role)},{host.segment.name}"
        lines += [f"{host.name},{host.fqdn},{ip},{about}" for ip in known]
    return "\n".join(lines) + "\n"


def _system(os: str, role: str) -> str:
    if os == "other":
        return "Linux" if role != "device" else "appliance"
    return f"Windows Server {os}" if len(os) == 4 else f"Windows {os}"
