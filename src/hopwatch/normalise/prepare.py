"""Records to columns, without a store: what can be done of normalising in any process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import pyarrow as pa

from hopwatch.model import decoded
from hopwatch.model.decoded import Decoded, Form
from hopwatch.model.lines import PassedOver, SeparatedLines
from hopwatch.normalise.binvalues import text as utf16
from hopwatch.normalise.decodedtable import DecodedTable, Group
from hopwatch.normalise.fields import parse
from hopwatch.normalise.network.route import looks_like_network
from hopwatch.normalise.recognise import recognise
from hopwatch.normalise.shape import SYSTEM, shape_of, shapes
from hopwatch.normalise.table import CHANNEL, COMPUTER, EVENT_ID, EventTable, plan_of
from hopwatch.normalise.wanted import Grade, Wanted
from hopwatch.normalise.words import Words
from hopwatch.sigma.logsource import known_channels
from hopwatch.store.columns import windows_columns

RECORDS = 10_000  # Windows events that are held before they are handed on
BYTES = 16 * 2**20  # or as many bytes of records
PLACES = 100_000  # kinds of event by host and time that are remembered
DECODED = "evtx"  # the shape of events whose values a reader gives
Like = tuple[Form, int, bytes, bytes, bytes, bytes, str]  # a form, what ALIKE takes of a head, and the file
ALIKE = itemgetter(decoded.EVENT_ID, decoded.PROVIDER, decoded.CHANNEL, decoded.COMPUTER, decoded.STATIC)
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
        self._groups: dict[tuple[Form, str, int, str], Group] = {}
        self._likes: dict[Like, tuple[Group | None, Words | None, Grade]] = {}
        self._size = 0
        self._shape = next(shape for shape in shapes() if shape.name == DECODED)
        self._decoded = DecodedTable(windows_columns(), self._shape.trusted)
        self._done = Prepared()
        self._held = 0
        self._present: set[tuple[Any, ...]] = set()

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
        self._groups, self._likes, self._size = {}, {}, 0
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
            needed is Grade.ALL or self._is_first((file, channel, event_id, head[COMPUTER] or "", _slot(head)))
        ):
            self._held += len(text)
            head[CHANNEL], head[EVENT_ID] = self._channels.get(channel.lower(), channel), str(int(event_id))
            if not self._table.add(shape, record, head, file):
                self.skip(file, NAMELESS)

    def _add_decoded(self, batch: Decoded, file: str) -> None:
        passed, likes = 0, self._likes
        for cut, head, values in batch.rows:
            like = cut.form, *ALIKE(head), file
            group, words, without = likes.get(like) or self._like(like)
            if words is not None and not words.in_text(values.lower()):
                if without is Grade.NOTHING:
                    passed += 1
                    continue
                if not self._is_first((*like[1:], head[decoded.UTC] // FIVE_MINUTES)):
                    continue
            if group is not None:
                group.heads.append(head)
                group.sizes.append(cut.sizes)
                group.values.append(values)
                self._size += 1
            elif not utf16(head[decoded.CHANNEL]):
                self.skip(file, NO_KIND)
        self._held += batch.content
        if len(batch.rows) > passed:
            self._done.formats[self._shape.name] += len(batch.rows) - passed

    def _like(self, like: Like) -> tuple[Group | None, Words | None, Grade]:
        """Where events go that are alike but for their time and values, none where they are not wanted.

        With it the words that their values must hold to be needed whole, if any, and how much is needed without.
        """
        form, number, provider, written, computer, static, file = like
        channel, group, words = utf16(written), None, None
        if channel and self.wanted.wants(channel, number):
            group = self._group(form, self._channels.get(channel.lower(), channel), number, file)
            known = b'"'.join(
                (static, form.static, *(utf16(text).lower().encode() for text in (provider, written, computer)))
            )
            words = self.wanted.words_of(channel, number, known)
        found = self._likes[like] = group, words, self.wanted.without_words(number)
        return found

    def _group(self, form: Form, channel: str, number: int, file: str) -> Group:
        """The group of events of a form, channel and id."""
        kind = form, channel, number, file
        if kind not in self._groups:
            self._groups[kind] = self._decoded.add(Group(form, channel, str(number), file))
        return self._groups[kind]

    def _is_first(self, place: tuple[Any, ...]) -> bool:
        """Whether this is the first event of its kind on its host in five minutes by the log's own clock.

        Clocks are mended by quarters of an hour, so that all of such five minutes stay in one hour.
        """
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


def _slot(head: list[str | None]) -> str:
    """The five minutes of the first time that a head has."""
    time = next(filter(None, head[TIME:]), "")
    return time[:15] + ("0" if time[15:16] < "5" else "5")


def _is_network(text: bytes) -> bool:
    """Whether a batch that begins with this text is a sensor's: where it is mixed, each record finds its way."""
    try:
        record = parse(text)
    except ValueError:
        return False
    return looks_like_network(record) and shape_of(record) is None
