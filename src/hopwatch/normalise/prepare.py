"""Records to columns, without a store: what can be done of normalising in any process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from hopwatch.model import decoded
from hopwatch.model.decoded import Cut, Decoded, Form, Head
from hopwatch.model.lines import PassedOver, SeparatedLines
from hopwatch.normalise.binvalues import iso
from hopwatch.normalise.binvalues import text as utf16
from hopwatch.normalise.decodedtable import DecodedTable, Group
from hopwatch.normalise.fields import parse
from hopwatch.normalise.network.route import looks_like_network
from hopwatch.normalise.recognise import recognise
from hopwatch.normalise.shape import SYSTEM, shape_of, shapes
from hopwatch.normalise.table import CHANNEL, COMPUTER, EVENT_ID, EventTable, plan_of
from hopwatch.normalise.wanted import Grade, Place, Wanted
from hopwatch.sigma.logsource import known_channels
from hopwatch.store.columns import windows_columns

RECORDS = 10_000  # Windows events that are held before they are handed on
BYTES = 16 * 2**20  # or as many bytes of records
PLACES = 100_000  # kinds of event by host and time that are remembered
DECODED = "evtx"  # the shape of events whose values a reader gives
NUMBER = decoded.EVENT_ID
FIVE_MINUTES = 3_000_000_000  # of a FILETIME, which begins at a full hour
TIME = len(SYSTEM)  # where the times of an event's head begin
NAMELESS = "the fields of an event whose text or values hopwatch has no names for (the event is kept)"
NO_KIND = "a record without channel or event id"
UNKNOWN = "JSON of a shape that hopwatch does not know"


@dataclass
class Prepared:
    """What a run of records became: Windows events as columns, and what only the store's side can take further.

    `texts` and `lines` hold records of sensors with the name of their file; `skipped` counts by file and reason; `seen`
    is how many bytes of records were looked at.
    """

    windows: pa.Table | None = None
    texts: list[tuple[str, list[bytes]]] = field(default_factory=list)
    lines: list[tuple[str, SeparatedLines]] = field(default_factory=list)
    records: int = 0
    seen: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)


class Preparer:
    """Turns batches of records into `Prepared`, passing over what is not wanted."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._channels = known_channels()
        self._table = EventTable(windows_columns())
        self._groups: dict[tuple[Form, bytes, int, str], tuple[Group | None, Grade | None]] = {}
        self._words: dict[tuple[int, bytes, Form], tuple[Place, ...] | None] = {}
        self._size = 0
        self._shape = next(shape for shape in shapes() if shape.name == DECODED)
        self._decoded = DecodedTable(windows_columns(), self._shape.trusted)
        self._done = Prepared()
        self._held = 0
        self._present: set[tuple[str, ...]] = set()

    def begin(self) -> None:
        """Begin with another piece: what was said of one must not depend on those before it."""
        self._present.clear()

    def add(self, batch: list[bytes] | SeparatedLines | PassedOver | Decoded, file: str) -> None:
        """Add a batch of one file: JSON records, each one object as text, lines, values, or what was passed over."""
        if isinstance(batch, PassedOver):
            self._done.records += batch.count
            self._done.seen += batch.size
            return
        if isinstance(batch, Decoded):
            self._done.records += len(batch.rows)
            self._done.seen += batch.size
            self._add_decoded(batch, file)
            return
        if isinstance(batch, SeparatedLines):
            self._done.records += batch.count
            self._done.seen += len(batch.lines)
            self._done.lines.append((file, batch))
            self._held += len(batch.lines)
            return
        self._done.records += len(batch)
        self._done.seen += sum(map(len, batch))
        if batch and _is_network(batch[0]):
            self._network(batch, file)
        else:
            self.add_windows(batch, file)

    def add_windows(self, texts: Iterable[bytes], file: str) -> None:
        """Add records that are likely to be Windows events."""
        grade = self.wanted.grade
        for text in texts:
            needed = grade(text)
            if needed is not Grade.NOTHING:
                self._add_record(text, file, needed)

    def skip(self, file: str, reason: str) -> None:
        """Count something that could not be read."""
        self._done.skipped[file, reason] += 1

    @property
    def seen(self) -> int:
        """How many bytes of records were looked at since something was taken."""
        return self._done.seen

    @property
    def full(self) -> bool:
        """Whether there is enough to be handed on."""
        return self._table.size + self._size >= RECORDS or self._held >= BYTES

    def told(self) -> Prepared:
        """Give what was counted and is not for `windows_event`; events wait until there are more of them."""
        done, self._done = self._done, Prepared()
        return done

    def take(self) -> Prepared:
        """Give what was prepared, and start afresh."""
        done, self._done, self._held = self._done, Prepared(), 0
        tables = [self._table.take()] if self._table.size else []
        if (events := self._decoded.take()) is not None:
            tables.append(events)
        self._groups, self._words, self._size = {}, {}, 0
        if tables:
            done.windows = pa.concat_tables(tables, promote_options="default")
        return done

    def _network(self, texts: list[bytes], file: str) -> None:
        self._done.texts.append((file, texts))
        self._held += sum(map(len, texts))

    def _add_record(self, text: bytes, file: str, needed: Grade) -> None:
        try:
            record, shape = recognise(parse(text))
        except ValueError:
            self.skip(file, "not JSON")
            return
        if shape is None:
            self._not_windows(text, record, file)
            return
        self._done.formats[shape.name] += 1
        head = plan_of(shape).head(record)
        channel, event_id = head[CHANNEL], head[EVENT_ID]
        if event_id is None or channel is None or not event_id.isdecimal() or len(event_id) > 9:
            self.skip(file, NO_KIND)
        elif self.wanted.wants(channel, int(event_id)) and (
            needed is Grade.ALL or self._is_first((file, channel, event_id, head[COMPUTER] or ""), _time(head))
        ):
            self._held += len(text)
            head[CHANNEL], head[EVENT_ID] = self._channels.get(channel.lower(), channel), str(int(event_id))
            if not self._table.add(shape, record, head, file):
                self.skip(file, NAMELESS)

    def _add_decoded(self, batch: Decoded, file: str) -> None:
        passed, groups = 0, self._groups
        for row in batch.rows:
            cut, head, values = row
            kind = cut.form, head[decoded.CHANNEL], head[NUMBER], file
            group, grade = groups.get(kind) or self._group(*kind)
            needed = grade or self._grade(*row)
            if needed is Grade.NOTHING:
                passed += 1
            elif group is None:
                if not utf16(head[decoded.CHANNEL]):
                    self.skip(file, NO_KIND)
            elif needed is Grade.ALL or self._is_first_of(head, file):
                group.heads.append(head)
                group.sizes.append(cut.sizes)
                group.values.append(values)
                self._size += 1
        self._held += batch.content
        if len(batch.rows) > passed:
            self._done.formats[self._shape.name] += len(batch.rows) - passed

    def _group(self, form: Form, written: bytes, number: int, file: str) -> tuple[Group | None, Grade | None]:
        """Where events of a form, channel and id go, none where they are not wanted, and how much of them is needed."""
        channel = utf16(written)
        group = None
        if channel and self.wanted.wants(channel, number):
            group = self._decoded.add(Group(form, self._channels.get(channel.lower(), channel), str(number), file))
        found = self._groups[form, written, number, file] = group, self.wanted.grade_number(number)
        return found

    def _is_first_of(self, head: Head, file: str) -> bool:
        kind = utf16(head[decoded.CHANNEL]), str(head[NUMBER]), utf16(head[decoded.COMPUTER])
        return self._is_first((file, *kind), iso(head[decoded.UTC] // FIVE_MINUTES * FIVE_MINUTES))

    def _grade(self, cut: Cut, head: Head, values: bytes) -> Grade:
        """How much of an event is needed whose id alone does not tell."""
        place = head[NUMBER], head[decoded.STATIC], cut.form
        if place not in self._words:
            self._words[place] = self.wanted.words_beside(head[NUMBER], head[decoded.STATIC] + b'"' + cut.form.static)
        texts = [head[decoded.PROVIDER], head[decoded.CHANNEL], head[decoded.COMPUTER], *cut.texts(values)]
        return self.wanted.grade_texts(head[NUMBER], texts, self._words[place])

    def _is_first(self, kind: tuple[str, ...], time: str) -> bool:
        """Whether this is the first event of its kind on its host in five minutes by the log's own clock.

        Clocks are mended by quarters of an hour, so that all of such five minutes stay in one hour.
        """
        slot = time[:15] + ("0" if time[15:16] < "5" else "5")
        place = (*kind, slot)
        if place in self._present:
            return False
        if len(self._present) >= PLACES:
            self._present.clear()
        self._present.add(place)
        return True

    def _not_windows(self, text: bytes, record: dict[str, Any], file: str) -> None:
        if looks_like_network(record):
            self._network([text], file)
        else:
            self.skip(file, UNKNOWN)


def _time(head: list[str | None]) -> str:
    """The first time that a head has."""
    return next(filter(None, head[TIME:]), "")


def _is_network(text: bytes) -> bool:
    """Whether a batch that begins with this text is a sensor's: where it is mixed, each record finds its way."""
    try:
        record = parse(text)
    except ValueError:
        return False
    return looks_like_network(record) and shape_of(record) is None
