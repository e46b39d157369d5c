"""Records written by columns: many of one form cost little more than their values.

A column that says the same all along is one value. Whole numbers are written without their point,
words that come again and again once, times as differences.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise, takewhile
from typing import Any, Final

from stream.clinical.entries import DIGEST_LENGTH, Entry, restored

Packed = list[Any]
Column = list[Any] | dict[str, list[Any]]
THOUSAND: Final = 1000  # times of most feeds are whole seconds
REPEATED_TIMES: Final = 2  # words that on average come so often are listed once


def form_of(entry: Entry) -> tuple[str, ...]:
    """Name the kind of a record and the fields that it has."""
    return entry.kind, *entry.said


def packed(entries: Sequence[Entry]) -> list[Packed]:
    """Write records that lie form by form."""
    tables: list[Packed] = []
    start = 0
    for place, entry in enumerate(entries):
        if place + 1 == len(entries) or form_of(entries[place + 1]) != form_of(entry):
            tables.append(_table(form_of(entry), entries[start : place + 1]))
            start = place + 1
    return tables


def unpacked(tables: Sequence[Packed]) -> Iterator[Entry]:
    """Read records again."""
    for form, first_ms, prefix, endings, digests, *columns in tables:
        count = len(endings)
        kind, *names = form
        steps, delays, sources, standings, replaces, *values = (
            _long(column, count) for column in columns
        )
        times = accumulate([first_ms, *steps[1:]])
        for place, effective_ms in enumerate(times):
            yield restored(
                sources[place],
                prefix + endings[place],
                kind,
                effective_ms,
                effective_ms + delays[place],
                standings[place],
                digests[place * DIGEST_LENGTH : (place + 1) * DIGEST_LENGTH],
                {name: column[place] for name, column in zip(names, values, strict=True)},
                replaces=bool(replaces[place]),
            )


def row_of(entry: Entry, before: Entry | None) -> Packed:
    """Write one record; 0 stands for a form or a source that is that of the one before."""
    form = form_of(entry)
    return [
        0 if before is not None and form == form_of(before) else form,
        0 if before is not None and entry.source == before.source else entry.source,
        entry.event_id,
        entry.effective_ms,
        entry.recorded_ms - entry.effective_ms,
        entry.standing,
        entry.digest,
        int(entry.replaces),
        *entry.said.values(),
    ]


def of_rows(rows: Iterable[Packed]) -> Iterator[Entry]:
    """Read rows again."""
    form: Sequence[str] = ()
    source = ""
    for row in rows:
        form, source = row[0] or form, row[1] or source
        event_id, effective_ms, delay_ms, standing, digest, replaces, *values = row[2:]
        kind, *names = form
        yield restored(
            source,
            event_id,
            kind,
            effective_ms,
            effective_ms + delay_ms,
            standing,
            digest,
            dict(zip(names, values, strict=True)),
            replaces=bool(replaces),
        )


def _table(form: tuple[str, ...], entries: Sequence[Entry]) -> Packed:
    times = [entry.effective_ms for entry in entries]
    ids = [entry.event_id for entry in entries]
    prefix = _common(min(ids), max(ids))
    steps = [later - earlier for earlier, later in pairwise(times)]
    values = zip(*(entry.said.values() for entry in entries), strict=True)
    return [
        form,
        times[0],
        prefix,
        [each[len(prefix) :] for each in ids],
        "".join(entry.digest for entry in entries),
        _short([steps[0] if steps else 0, *steps]),
        _short([entry.recorded_ms - entry.effective_ms for entry in entries]),
        _short([entry.source for entry in entries]),
        _short([entry.standing for entry in entries]),
        _short([int(entry.replaces) for entry in entries]),
        *map(_short, values),
    ]


def _common(one: str, other: str) -> str:
    """Give how two texts begin alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return one[: sum(1 for _ in alike)]


def _short(column: Sequence[Any]) -> Column:
    first, types = column[0], set(map(type, column))
    if len(types) == 1 and column.count(first) == len(column):
        return [first]
    if types == {int} and not any(number % THOUSAND for number in column):
        return {"thousands": [number // THOUSAND for number in column]}
    if types == {float} and all(map(float.is_integer, column)):
        return {"whole": list(map(int, column))}
    if types == {str}:
        words = list(dict.fromkeys(column))
        if len(words) * REPEATED_TIMES <= len(column):
            places = {word: place for place, word in enumerate(words)}
            return {"words": words, "places": [places[word] for word in column]}
    return list(column)


def _long(column: Column, count: int) -> Sequence[Any]:
    if isinstance(column, dict):
        if "thousands" in column:
            return [number * THOUSAND for number in column["thousands"]]
        if "whole" in column:
            return list(map(float, column["whole"]))
        return [column["words"][place] for place in column["places"]]
    return list(column) * count if len(column) == 1 else column
