"""Measures how fast Sigma rules run over the store: by event-id groups and one by one, and how fast they load."""

from __future__ import annotations

import os
import random
import tempfile
import time
from pathlib import Path

import duckdb
import yaml

from hopwatch.sigma.ruleset import load_rules
from hopwatch.sigma.run import match_rules
from hopwatch.store.columns import schema_columns
from hopwatch.store.database import connect

EVENTS = 1_000_000
RULES = 200
MANY = int(os.environ.get("MANY", 2_400))  # about as many as the public set has
TOOLS = [
    "cmd",
    "powershell",
    "pwsh",
    "rundll32",
    "regsvr32",
    "mshta",
    "wscript",
    "cscript",
    "certutil",
    "bitsadmin",
    "net",
    "net1",
    "whoami",
    "nltest",
    "reg",
    "schtasks",
    "sc",
    "wmic",
    "psexec",
    "procdump",
    "ntdsutil",
    "vssadmin",
    "wevtutil",
    "bcdedit",
    "curl",
    "msbuild",
    "installutil",
    "csc",
    "cmstp",
    "control",
    "forfiles",
    "hh",
    "msiexec",
    "odbcconf",
]
OTHERS = [
    "svchost",
    "chrome",
    "explorer",
    "outlook",
    "teams",
    "winword",
    "excel",
    "conhost",
    "searchindexer",
    "taskhostw",
    "spoolsv",
    "lsass",
    "msmpeng",
    "onedrive",
]
WORDS = [
    "download",
    "invoke",
    "expression",
    "encoded",
    "hidden",
    "bypass",
    "noprofile",
    "http",
    "https",
    "temp",
    "appdata",
    "startup",
    "lsass",
    "shadow",
    "delete",
    "create",
    "user",
    "add",
    "localgroup",
    "administrators",
    "domain",
    "trusts",
    "query",
    "export",
    "save",
    "system",
    "sam",
    "security",
    "currentversion",
    "run",
    "services",
    "start",
    "javascript",
    "vbscript",
    "comsvcs",
    "minidump",
    "transfer",
    "cache",
    "verify",
    "decode",
    "hash",
    "token",
    "privilege",
    "remote",
    "process",
    "call",
]
# Per category: how many of a hundred rules, and the fields that they ask for.
CATEGORIES = {
    "process_creation": (46, ("Image", "CommandLine", "ParentImage", "OriginalFileName")),
    "registry_set": (9, ("TargetObject", "Details", "Image")),
    "ps_script": (7, ("ScriptBlockText",)),
    "file_event": (8, ("TargetFilename", "Image")),
    "image_load": (5, ("ImageLoaded", "Image")),
    "network_connection": (4, ("Image", "DestinationHostname", "DestinationIp")),
    "process_access": (2, ("SourceImage", "TargetImage", "CallTrace")),
    "pipe_created": (2, ("PipeName", "Image")),
    "dns_query": (3, ("QueryName", "Image")),
    "security": (9, ("ServiceFileName", "ObjectName", "SubjectUserName", "ShareName")),
    "system": (5, ("ImagePath", "ServiceName", "Provider_Name")),
}
# Channel, event id, how many of a hundred events, and what fills the columns.
SYSMON, PATH = "Microsoft-Windows-Sysmon/Operational", "'C:\\Windows\\System32\\' || pick(tools) || '.exe'"
SOME = "list_transform(range(3 + CAST(random() * 12 AS INTEGER)), lambda x: pick(words))"
LINE = f"pick(tools) || '.exe ' || array_to_string({SOME}, ' ')"
KINDS: tuple[tuple[str, int, int, dict[str, str]], ...] = (
    (
        SYSMON,
        1,
        18,
        {
            "Image": PATH,
            "ParentImage": PATH,
            "CommandLine": LINE,
            "OriginalFileName": "pick(tools) || '.EXE'",
            "User": "'CORP\\user'",
        },
    ),
    (
        "Security",
        4688,
        12,
        {"NewProcessName": PATH, "ParentProcessName": PATH, "CommandLine": LINE, "SubjectUserName": "'user'"},
    ),
    (
        SYSMON,
        3,
        8,
        {
            "Image": PATH,
            "DestinationIp": "'10.20.1.' || CAST(i % 250 AS INTEGER)",
            "DestinationPort": "'443'",
            "Initiated": "'true'",
        },
    ),
    (
        SYSMON,
        7,
        12,
        {"Image": PATH, "ImageLoaded": "'C:\\Windows\\System32\\' || pick(words) || '.dll'", "Signed": "'true'"},
    ),
    (SYSMON, 10, 6, {"SourceImage": PATH, "TargetImage": PATH, "GrantedAccess": "'0x1010'"}),
    (
        SYSMON,
        11,
        8,
        {
            "Image": PATH,
            "TargetFilename": "'C:\\Users\\user\\AppData\\' || pick(words) || '\\' || pick(words) || '.tmp'",
        },
    ),
    (
        SYSMON,
        13,
        12,
        {
            "Image": PATH,
            "TargetObject": "'HKLM\\Software\\Microsoft\\Windows\\' || pick(words) || '\\' || pick(words)",
            "Details": LINE,
        },
    ),
    (SYSMON, 17, 2, {"Image": PATH, "PipeName": "'\\' || pick(words)"}),
    (SYSMON, 22, 3, {"Image": PATH, "QueryName": "pick(words) || '.corp.example'"}),
    ("Microsoft-Windows-PowerShell/Operational", 4104, 3, {"ScriptBlockText": f"{LINE} || chr(10) || {LINE}"}),
    ("Security", 4624, 10, {"TargetUserName": "'user'", "LogonType": "'3'", "IpAddress": "'10.20.1.9'"}),
    (
        "Security",
        5145,
        4,
        {"ShareName": "'\\\\*\\C$'", "RelativeTargetName": "pick(words)", "SubjectUserName": "'user'"},
    ),
    ("System", 7045, 2, {"ServiceName": "pick(words)", "ImagePath": PATH, "AccountName": "'LocalSystem'"}),
)


def main() -> None:
    """Print a line for each measure."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        loading(Path(folder) / "many")
        matching(Path(folder) / "few")


def loading(folder: Path) -> None:
    write_rules(folder, MANY)
    for what in ("not yet compiled", "compiled before"):
        begin = time.perf_counter()
        rules = load_rules([folder], schema_columns())
        print(f"loading {len(rules.entries):,} Sigma rules, {what}: {time.perf_counter() - begin:.1f} s")


def matching(folder: Path) -> None:
    write_rules(folder, RULES)
    rules = load_rules([folder], schema_columns())
    con = store()
    for what, one_by_one in (("by event-id groups", False), ("one by one", True)):
        begin = time.perf_counter()
        match_rules(con, rules, one_by_one)
        seconds = time.perf_counter() - begin
        [(found,)] = con.execute("SELECT count(*) FROM sigma_match").fetchall()
        speed = f"{seconds:.1f} s, {EVENTS / seconds:,.0f} events/s"
        print(f"{RULES} Sigma rules over {EVENTS:,} events, {what}: {speed}, {found:,} matches")


def write_rules(folder: Path, count: int) -> None:
    """Write rules of all categories, alike in kind to those of the public set."""
    folder.mkdir(parents=True)
    dice = random.Random(7)
    shares = [name for name, (share, _) in CATEGORIES.items() for _ in range(share)]
    for i in range(count):
        name = shares[i % len(shares)]
        key = "service" if name in ("security", "system") else "category"
        rule = {
            "title": f"Rule {i}",
            "logsource": {"product": "windows", key: name},
            "detection": detection(name, dice),
            "level": "medium",
        }
        (folder / f"{i:05}.yml").write_text(yaml.safe_dump(rule, sort_keys=False), "utf-8")


def detection(name: str, dice: random.Random) -> dict[str, object]:
    fields = CATEGORIES[name][1]
    ids = {"security": {"EventID": dice.choice([4624, 5145, 4688])}, "system": {"EventID": 7045}}.get(name, {})
    found: dict[str, object] = {"selection_main": ids | part(fields[0], dice)}
    for n in range(dice.randint(1, 3)):
        found[f"selection_{n}"] = part(dice.choice(fields), dice)
    found["filter_main"] = {f"{fields[-1]}|contains": dice.sample(OTHERS, 2)}
    return found | {"condition": "all of selection_* and not 1 of filter_main*"}


def part(field: str, dice: random.Random) -> dict[str, object]:
    if "Image" in field and field not in ("ImageLoaded", "ImagePath"):
        return {f"{field}|endswith": [f"\\{tool}.exe" for tool in dice.sample(TOOLS, dice.randint(1, 8))]}
    texts = [
        f"{a} {b}" if dice.random() < 0.6 else f"{a}{b}"
        for a, b in (dice.sample(WORDS, 2) for _ in range(dice.randint(1, 12)))
    ]
    return {f"{field}|contains" + ("|all" if len(texts) < 3 else ""): texts}


def store() -> duckdb.DuckDBPyConnection:
    """A store of mixed events."""
    con = connect()
    con.execute("CREATE MACRO pick(of) AS of[1 + CAST(floor(random() * len(of)) AS INTEGER)]")
    con.execute("SELECT setseed(0.5)")
    at = 0
    for channel, event_id, share, fields in KINDS:
        count = EVENTS * share // 100
        names = ", ".join(f'"{name}"' for name in fields)
        values = ", ".join(fields.values())
        con.execute(
            f"""INSERT INTO windows_event (key, time, computer, host, channel, provider, event_id, record_id, {names})
            SELECT {at} + i, TIMESTAMP '2026-03-01' + to_milliseconds(i * 80), 'SRV01', 'srv01',
                '{channel}', 'p', {event_id}, i, {values}
            FROM (SELECT i, {sorted(TOOLS + OTHERS * 6)} AS tools, {WORDS} AS words FROM range({count}) r(i))"""
        )
        at += count
    return con


if __name__ == "__main__":
    main()
