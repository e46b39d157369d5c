"""Every record that is kept of a patient, by its identity, in the order in which it came.

Records lie in chunks, which are written once and then only put together; the newest lie open.
So neither one record more nor writing the state costs more where more is kept.
"""

from collections.abc import Iterable, Iterator, Mapping, ValuesView
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

import orjson

from stream.clinical.entries import Entry, Identity, unusual
from stream.clinical.packing import form_of, of_rows, packed, row_of, unpacked

CHUNK: Final = 32  # records that lie open at most, and then are written together
MERGED: Final = 128  # records of chunks that are put together as they become fewer
NOTHING: Final[Mapping[Identity, Entry]] = MappingProxyType({})


class Chunk:
    """Some records that lie form by form, and how they are written."""

    __slots__ = ("_saved", "entries", "identities", "silent", "unusual")

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(sorted(entries, key=form_of))
        self.identities = tuple([(each.source, each.event_id) for each in self.entries])
        self.silent = tuple([each.identity for each in self.entries if not each.readings])
        self.unusual = tuple(unusual(self.entries))
        self._saved: orjson.Fragment | None = None

    @property
    def saved(self) -> orjson.Fragment:
        """The chunk as it stands in the state."""
        if self._saved is None:
            self._saved = orjson.Fragment(orjson.dumps(packed(self.entries)))
        return self._saved


class Ledger(Mapping[Identity, Entry]):
    """The records of a patient; it is never changed."""

    __slots__ = ("_chunks", "_newest", "_rows", "_settled")

    def __init__(
        self,
        chunks: tuple[Chunk, ...] = (),
        newest: Mapping[Identity, Entry] = NOTHING,
        *,
        settled: Mapping[Identity, Entry] | None = None,
        rows: tuple[int, bytes] = (0, b""),
    ) -> None:
        self._chunks, self._newest = chunks, newest
        self._rows = rows  # how many of the newest are written already, and how
        if settled is None:
            settled = {}
            for chunk in chunks:
                settled |= zip(chunk.identities, chunk.entries, strict=True)
        self._settled = settled

    def __len__(self) -> int:
        return len(self._settled) + len(self._newest)

    def __iter__(self) -> Iterator[Identity]:
        return chain(self._settled, self._newest)

    def __getitem__(self, identity: Identity) -> Entry:
        found = self._newest.get(identity)
        return self._settled[identity] if found is None else found

    def values(self) -> ValuesView[Entry]:
        """Give the records."""
        return {**self._settled, **self._newest}.values()

    @property
    def silent(self) -> list[Identity]:
        """The records in chunks that say nothing, the oldest first."""
        return [identity for chunk in self._chunks for identity in chunk.silent]

    def unusual(self) -> Iterator[Entry]:
        """Give the few records that are not final or that are demos, the oldest first."""
        for chunk in self._chunks:
            yield from chunk.unusual
        yield from unusual(self._newest.values())

    @property
    def is_full(self) -> bool:
        """True where as many records lie open as may."""
        return len(self._newest) >= CHUNK

    def with_entry(self, entry: Entry) -> "Ledger":
        """Put a record in the place of the version that is known of it, else behind all others."""
        identity = entry.identity
        if identity in self._settled:
            return self.changed({identity: entry})
        newest = {**self._newest, identity: entry}
        rows = (0, b"") if identity in self._newest else self._rows
        return Ledger(self._chunks, newest, settled=self._settled, rows=rows)

    def sealed(self) -> "Ledger":
        """Put what lies open into a chunk."""
        chunk = Chunk(self._newest.values())
        settled = {**self._settled, **dict(zip(chunk.identities, chunk.entries, strict=True))}
        return Ledger((*self._chunks, chunk), settled=settled)

    def changed(self, changes: Mapping[Identity, Entry | None]) -> "Ledger":
        """Change records, None is to take one out, and put together what became small."""
        chunks: list[Chunk] = []
        for chunk in self._chunks:
            if not changes.keys().isdisjoint(chunk.identities):
                entries = map(changes.get, chunk.identities, chunk.entries)
                chunk = Chunk([each for each in entries if each is not None])  # noqa: PLW2901
            if chunks and len(chunks[-1].entries) + len(chunk.entries) <= MERGED:
                chunk = Chunk((*chunks.pop().entries, *chunk.entries))  # noqa: PLW2901
            chunks.append(chunk)
        newest = {
            identity: left
            for identity, entry in self._newest.items()
            if (left := changes.get(identity, entry)) is not None
        }
        return Ledger(tuple(chunks), newest)

    # As it stands in the state

    def saved(self) -> dict[str, Any]:
        """Give the chunks, and the newest records row by row."""
        count, rows = self._rows
        if count < len(self._newest):
            entries = list(self._newest.values())
            for place in range(count, len(entries)):
                row = orjson.dumps(row_of(entries[place], entries[place - 1] if place else None))
                rows = rows + b"," + row if rows else row
            self._rows = len(entries), rows
        return {
            "chunks": [chunk.saved for chunk in self._chunks],
            "newest": orjson.Fragment(b"[" + rows + b"]"),
        }

    @classmethod
    def read(cls, saved: Mapping[str, Any]) -> "Ledger":
        """Read what was saved."""
        chunks = tuple(Chunk(unpacked(each)) for each in saved["chunks"])
        newest = {entry.identity: entry for entry in of_rows(saved["newest"])}
        return cls(chunks, newest)
