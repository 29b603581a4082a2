"""Writes the settings of collectors: Winlogbeat, NXLog, OpenWEC."""

from __future__ import annotations

import uuid
from typing import Any

import yaml

from hopwatch.lab.setup.asked import Asked
from hopwatch.lab.setup.windows import query_list

PLACE = uuid.UUID("8a0f2f0e-3d3b-4d7e-9d0e-6a4b6a5b2c11")


class _Text(str):
    """Text that is written as a block."""


def winlogbeat(asked: Asked) -> str:
    """Give a winlogbeat.yml; the queries of forwarding serve it too, as its lists of ids are short."""
    config: dict[str, Any] = {
        "winlogbeat.event_logs": [{"id": "hopwatch", "xml_query": _Text(query_list(asked))}],
        "output.file": {"path": "C:/ProgramData/winlogbeat", "filename": "hopwatch"},
    }
    return "# Replace output.file by the output that you have.\n" + yaml.dump(config, Dumper=_dumper(), sort_keys=False)


def _dumper() -> type[yaml.SafeDumper]:
    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(_Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), "|"))
    return Dumper


def nxlog(asked: Asked) -> str:
    """Give an nxlog.conf that writes JSON lines; times with their zone, so that nothing has to be guessed."""
    return f"""# NXLog writes EventTime as local time without a zone: the second Exec adds it in UTC.
<Extension json>
    Module      xm_json
    DateFormat  YYYY-MM-DDThh:mm:ss.sUTC
</Extension>

<Input windows>
    Module      im_msvistalog
    <QueryXML>
{query_list(asked, "        ")}    </QueryXML>
</Input>

<Output file>
    Module      om_file
    File        'C:\\ProgramData\\nxlog\\hopwatch.json'
    Exec        to_json();
</Output>

<Route hopwatch>
    Path        windows => file
</Route>
"""


def openwec(asked: Asked) -> str:
    """Give a subscription file of OpenWEC; its uuid changes with its queries."""
    query = query_list(asked)
    return f"""uuid = "{uuid.uuid5(PLACE, query)}"
name = "hopwatch"
query = '''
{query}'''

[options]
enabled = true
read_existing_events = false

[[outputs]]
driver = "Files"
format = "Raw"
config = {{ path = "/var/events/{{ip}}/{{principal}}/hopwatch.xml" }}
"""
