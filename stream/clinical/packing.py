"""Records written by columns: many of one kind cost little more than their values.

A column that says the same all along is one value. Numbers are written as digits of one character,
counted from the lowest in steps that all of them share; words that come again and again once; times
and numbers in ids as differences; digests and ids of hexadecimal digits as Base64.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, pairwise, takewhile
from math import gcd
from typing import Any, Final

from stream.clinical.entries import DIGEST_LENGTH, Entry, restored

Packed = list[Any]
Column = list[Any] | dict[str, Any]
FEW: Final = 6  # values of which a plain list is as short
BASE: Final = 57  # digits of one character: those from # to [, which JSON writes as they are
ZERO: Final = ord("#")
EXACT_MAX: Final = 2**53  # up to here a whole number is the same in any reader
SCALES: Final = (10, 100)  # most measurements have no more than two decimals
HEXADECIMAL: Final = re.compile("[0-9a-f]+")
REPEATED_TIMES: Final = 2  # words that on average come so often are listed once


def form_of(entry: Entry) -> tuple[str, ...]:
    """Name the kind of a record and the fields that it has."""
    return entry.kind, *entry.said


def packed(entries: Sequence[Entry]) -> list[Packed]:
    """Write records that lie form by form."""
    return [_table(kind, list(each)) for kind, each in groupby(entries, lambda each: each.kind)]


def unpacked(tables: Sequence[Packed]) -> Iterator[Entry]:
    """Read records again."""
    for kind, first_ms, prefix, endings, digests, heads, forms, *fields in tables:
        count = sum(form[0] for form in forms)
        steps, delays, sources, standings, replaces = (_long(each, count) for each in heads)
        times = list(accumulate([first_ms, *steps[1:]]))
        ids = _long_ids(endings, count)
        known = b64decode(digests).hex()
        said = _said(forms, fields)
        for place, effective_ms in enumerate(times):
            yield restored(
                sources[place],
                prefix + ids[place],
                kind,
                effective_ms,
                effective_ms + delays[place],
                standings[place],
                known[place * DIGEST_LENGTH : (place + 1) * DIGEST_LENGTH],
                next(said),
                replaces=bool(replaces[place]),
            )


def row_of(entry: Entry, before: Entry | None) -> Packed:
    """Write one record by what is other than in the one before; 0 stands for the same."""
    form = form_of(entry)
    return [
        0 if before is not None and form == form_of(before) else form,
        0 if before is not None and entry.source == before.source else entry.source,
        entry.event_id,
        entry.effective_ms - (0 if before is None else before.effective_ms),
        entry.recorded_ms - entry.effective_ms,
        entry.standing,
        entry.digest,
        int(entry.replaces),
        *entry.said.values(),
    ]


def of_rows(rows: Iterable[Packed]) -> Iterator[Entry]:
    """Read rows again."""
    form: Sequence[str] = ()
    source, effective_ms = "", 0
    for row in rows:
        form, source = row[0] or form, row[1] or source
        event_id, step_ms, delay_ms, standing, digest, replaces, *values = row[2:]
        effective_ms += step_ms
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


def _table(kind: str, entries: Sequence[Entry]) -> Packed:
    times = [entry.effective_ms for entry in entries]
    ids = [entry.event_id for entry in entries]
    prefix = _common(min(ids), max(ids))
    steps = [later - earlier for earlier, later in pairwise(times)]
    columns: dict[str, list[Any]] = {}
    forms = []
    for names, each in groupby(entries, lambda entry: tuple(entry.said)):
        alike = [entry.said.values() for entry in each]
        for name, column in zip(names, zip(*alike, strict=True), strict=True):
            columns.setdefault(name, []).extend(column)
        forms.append((len(alike), names))
    places = {name: place for place, name in enumerate(columns)}
    heads = (
        [steps[0] if steps else 0, *steps],
        [entry.recorded_ms - entry.effective_ms for entry in entries],
        [entry.source for entry in entries],
        [entry.standing for entry in entries],
        [int(entry.replaces) for entry in entries],
    )
    return [
        kind,
        times[0],
        prefix,
        _short_ids([each[len(prefix) :] for each in ids]),
        b64encode(bytes.fromhex("".join(entry.digest for entry in entries))).decode(),
        [_short(column) for column in heads],
        [[count, *map(places.__getitem__, names)] for count, names in forms],
        *([name, len(column), _short(column)] for name, column in columns.items()),
    ]


def _said(forms: Sequence[Sequence[int]], fields: Sequence[Packed]) -> Iterator[dict[str, Any]]:
    """Give for each record what its fields say."""
    names = [name for name, _, _ in fields]
    values = [iter(_long(column, length)) for _, length, column in fields]
    for count, *places in forms:
        having = [(names[place], values[place]) for place in places]
        for _ in range(count):
            yield {name: next(column) for name, column in having}


def _common(one: str, other: str) -> str:
    """Give how two texts begin alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return one[: sum(1 for _ in alike)]


def _short_ids(endings: Sequence[str]) -> Column:
    """Write how ids end: numbers as differences, hexadecimal digits in three quarters."""
    if len(endings) < FEW:
        return list(endings)
    joined = "".join(endings)
    if joined.isascii() and joined.isdecimal() and all(endings):
        numbers = list(map(int, endings))
        if max(numbers) < EXACT_MAX and list(map(str, numbers)) == endings:
            steps = [later - earlier for earlier, later in pairwise(numbers)]
            return {"numbers": [numbers[0], _short(steps)]}
    if len(set(map(len, endings))) == 1 and not len(joined) % 2 and HEXADECIMAL.fullmatch(joined):
        return {"hex": b64encode(bytes.fromhex(joined)).decode()}
    return list(endings)


def _long_ids(endings: Column, count: int) -> Sequence[str]:
    if not isinstance(endings, dict):
        return endings
    if "numbers" in endings:
        first, steps = endings["numbers"]
        return list(map(str, accumulate([first, *_long(steps, count - 1)])))
    joined = b64decode(endings["hex"]).hex()
    length = len(joined) // count
    return [joined[start : start + length] for start in range(0, len(joined), length)]


def _short(column: Sequence[Any]) -> Column:
    first, types = column[0], set(map(type, column))
    if len(types) == 1 and column.count(first) == len(column):
        return [first]
    if len(column) < FEW:
        return list(column)
    if types == {int} and (digits := _digits(column)):
        return {"whole": digits}
    if types == {float} and (parts := _parts(column)):
        return {"parts": parts}
    if types == {str}:
        words = list(dict.fromkeys(column))
        if len(words) * REPEATED_TIMES <= len(column):
            places = {word: place for place, word in enumerate(words)}
            return {"words": [words, _short([places[word] for word in column])]}
    return list(column)


def _long(column: Column, count: int) -> Sequence[Any]:
    if isinstance(column, dict):
        if "whole" in column:
            return _numbers(*column["whole"])
        if "parts" in column:
            scale, *digits = column["parts"]
            return [number / scale for number in _numbers(*digits)]
        words, places = column["words"]
        return [words[place] for place in _long(places, count)]
    return list(column) * count if len(column) == 1 else column


def _parts(column: Sequence[float]) -> Packed | None:
    """Write numbers as whole parts, of which some make one."""
    if all(map(float.is_integer, column)):
        digits = _digits(list(map(int, column)))
        return digits and [1, *digits]
    if max(map(abs, column)) < EXACT_MAX / SCALES[-1]:
        for scale in SCALES:
            numbers = [round(value * scale) for value in column]
            if [number / scale for number in numbers] == column:
                digits = _digits(numbers)
                return digits and [scale, *digits]
    return None


def _digits(numbers: Sequence[int]) -> Packed | None:
    """Write whole numbers that are not all the same by the steps above the lowest.

    The last digits of all come first, then those before them.
    """
    low, high = min(numbers), max(numbers)
    if -low >= EXACT_MAX or high >= EXACT_MAX:
        return None
    if high - low < BASE:
        lift = ZERO - low
        return [low, 1, len(numbers), bytes([number + lift for number in numbers]).decode()]
    left = [number - low for number in numbers]
    step = gcd(*left)
    left = [number // step for number in left]
    text = bytes([number % BASE + ZERO for number in left])
    while any(left := [number // BASE for number in left]):
        text += bytes([number % BASE + ZERO for number in left])
    return [low, step, len(numbers), text.decode()]


def _numbers(low: int, step: int, count: int, text: str) -> list[int]:
    digits = text.encode()
    found = [0] * count
    for start in range(len(digits) - count, -1, -count):
        found = [
            number * BASE + digit - ZERO
            for number, digit in zip(found, digits[start : start + count], strict=True)
        ]
    return [low + step * number for number in found]
