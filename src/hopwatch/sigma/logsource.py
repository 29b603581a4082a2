"""Where the events of a Sigma logsource are in the store: channel, event ids, and the field names used there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

SENSORS = ("zeek", "suricata")
ANY = "*"  # every channel: a rule for the product Windows that names neither category nor service
QUOTED = re.compile(r'"([^"\n]+)"')
Names = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Place:
    """Where a logsource's events are: a Windows channel, or a table of network events.

    `event_ids` is empty where any of the channel may match. `fields` gives their field, in lower case, its names or
    expressions here: of a Windows channel only those that are called otherwise, of a network table all. `where` narrows
    a table down. `extra` places are for rules that a user brings.
    """

    channel: str
    event_ids: tuple[int, ...] = ()
    fields: Names = field(default_factory=dict)
    table: str = "windows_event"
    where: str = "TRUE"
    extra: bool = False


@dataclass(frozen=True)
class Source:
    """A Sigma logsource, in lower case."""

    category: str | None = None
    service: str | None = None
    product: str | None = None

    @classmethod
    def of(cls, raw: Any) -> Source:
        """The logsource of a rule as its YAML has it."""
        raw = raw if isinstance(raw, dict) else {}
        parts = (raw.get(name) for name in ("category", "service", "product"))
        return cls(*(str(part).strip().lower() if part else None for part in parts))

    def __str__(self) -> str:
        parts = (("product", self.product), ("category", self.category), ("service", self.service))
        return ", ".join(f"{name} {value}" for name, value in parts if value) or "nothing"


@cache
def _text() -> str:
    return (files("hopwatch.sigma") / "logsource.toml").read_text(encoding="utf-8")


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(_text())


@cache
def _fields(name: str) -> Names:
    raw = _tables()["fields"].get(name, {})
    return {key.lower(): tuple(value) if isinstance(value, list) else (value,) for key, value in raw.items()}


def places(source: Source) -> tuple[Place, ...]:
    """Where the events of a Sigma logsource are; none where hopwatch does not store them."""
    if source.product in SENSORS:
        return _sensor(source.product, source.service or source.category)
    if source.product not in (None, "windows"):
        return ()
    if source.product is None and (log := _tables()["any_sensor"].get(source.category)):
        return tuple(replace(place, where="TRUE") for place in _zeek(log))  # also what hosts and servers log
    channels = _tables()["services"].get(source.service or "", ())
    if source.category is not None and not _is_unknown_beside(source):
        found = _category(source.category)
        return tuple(place for place in found if not source.service or place.channel in channels)
    if source.service is None:
        return (Place(ANY),) if source.product == "windows" else ()
    names = _fields(_tables()["service_fields"].get(source.service, ""))
    return tuple(Place(channel, fields=names) for channel in channels)


def _is_unknown_beside(source: Source) -> bool:
    """Whether a category is not known, and the service beside it is: then the service alone says where to read."""
    return source.category not in _tables()["categories"] and source.service in _tables()["services"]


def remarks(source: Source) -> str | None:
    """What is to be said of a logsource that can be read otherwise than it says only."""
    if source.product in (None, "windows") and source.category and _is_unknown_beside(source):
        return f"category {source.category} is not known: the log of service {source.service} is read"
    return None


def is_stored_elsewhere(source: Source) -> bool:
    """Whether it is a log of a network sensor that is known and not stored."""
    logs = _tables()["unstored"].get(source.product or "", ())
    return (source.service or source.category) in logs


def is_ours(source: Source) -> bool:
    """Whether it is a logsource of the kinds of logs that hopwatch reads: then not to know it is a failure."""
    return source.product in ("windows", *SENSORS) or bool(places(source))


def known_names(source: Source) -> list[str]:
    """The names that stand where the logsource has one that is not known."""
    tables = _tables()
    if source.product in SENSORS:
        return [*tables[source.product], *tables["unstored"][source.product]]
    return [*tables["categories"]] if source.category else [*tables["services"]]


@cache
def _category(name: str) -> tuple[Place, ...]:
    found = []
    for raw in _tables()["categories"].get(name, ()):
        names = _fields(raw.get("fields", ""))
        more = {"where": raw.get("where", "TRUE"), "extra": bool(raw.get("extra", False))}
        ids = tuple(raw.get("ids", ()))
        found += [Place(channel, ids, names, **more) for channel in _tables()["services"][raw["service"]]]
    return tuple(found)


def _sensor(product: str, log: str | None) -> tuple[Place, ...]:
    """A log of a network sensor, by its name or what rules call it besides; without one, every log of the sensor."""
    name = _tables()["called"][product].get(log, log)
    if product == "suricata":
        return _suricata(name)
    return _zeek(name) if name else tuple(place for every in _tables()["zeek"] for place in _zeek(every))


@cache
def _suricata(log: str | None) -> tuple[Place, ...]:
    """The tables of a type of Suricata's events; without one, of every type."""
    types: dict[str, Any] = _tables()["suricata"]
    found = []
    for name in [log] if log else types:
        where = f"channel = 'suricata_{name}'"
        for raw in types.get(name, ()):
            names = {**_fields("suricata"), **_fields(raw["fields"])}
            found.append(Place(f"suricata_{name}", (), names, raw["table"], where))
    return tuple(found)


@cache
def _zeek(log: str | None) -> tuple[Place, ...]:
    """A log of Zeek (or of Suricata, in the same table)."""
    raw = _tables()["zeek"].get(log or "")
    if raw is None:
        return ()
    names = _fields("connection" if log == "conn" else str(log))
    ends = {} if log == "dns" else _fields("ends")
    return (Place(f"zeek_{log}", (), {**ends, **names}, raw["table"], raw.get("where", "TRUE")),)


@cache
def known_channels() -> dict[str, str]:
    """Every channel named in the table of services, by its lower-case spelling, read off its text."""
    services = _text().split("[services]", 1)[1].split("\n[", 1)[0]
    return {name.lower(): name for name in QUOTED.findall(services)}
