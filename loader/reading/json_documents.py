"""JSON documents as frames of the objects in them: lists, lines, and lists inside an object.

An object that holds the list of another kind of object, as a block holds its transactions, gives
its members, each beside what else the block says. A broken object ends where the next one visibly
begins, on a line of the same indent, so that it harms no other; where the text has no lines it
spoils the rest of its document.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import UnreadableError
from loader.reading import json_lines, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from loader.reading.sources import Source

OBJECT_CHARACTERS = 256 << 20
"""An object longer than this is broken."""

_BETWEEN = re.compile(r"[\s,\[\]]*")
_LIST = r'"({})"\s*:\s*\['
TRANSACTIONS = "txs?"
"""How a block names the list of its transactions."""
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


@dataclass(frozen=True, slots=True)
class _Object:
    """One object: its first line, its text, where it stands in which list, what surrounds it."""

    line: int
    text: str
    place: int | None = None
    within: str | None = None
    around: str = "{}"


def records(
    source: Source,
    fields: pl.Struct,
    around: pl.Struct,
    size: int = text.PIECE_BYTES,
    *,
    lists: str = TRANSACTIONS,
) -> Iterator[pl.DataFrame]:
    """The objects of a file.

    Args:
        source: the file.
        fields: the wanted fields of an object; every leaf is text.
        around: the wanted fields of the object that holds the list.
        size: characters of a frame.
        lists: pattern of the key under which an object holds the list of the wanted ones.

    Yields:
        Frames of `line`, `text`, `malformed`, `place` (from 0) in the list named `within`, both
        null outside one, the fields, and a struct `around`.
    """
    waiting: list[_Object] = []
    length = 0
    opening = re.compile(_LIST.format(lists))
    for found in _objects(source):
        for item in _members(found, opening):
            waiting.append(item)
            length += len(item.text)
            if length >= size:
                yield _frame(waiting, fields, around)
                waiting, length = [], 0
    if waiting:
        yield _frame(waiting, fields, around)


def _frame(objects: list[_Object], fields: pl.Struct, around: pl.Struct) -> pl.DataFrame:
    given = pl.DataFrame(
        {
            "real": [item.line for item in objects],
            "text": [item.text for item in objects],
            "place": pl.Series([item.place for item in objects], dtype=pl.Int64),
            "within": pl.Series([item.within for item in objects], dtype=pl.String),
            "outer": [item.around for item in objects],
        }
    ).with_columns(pl.col("text", "outer").str.replace_all(r"\s*\n\s*", " "))
    # Several objects may begin on one line, so they are told apart by a number of our own.
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    wrong = pl.col("text").str.contains(text.REPLACEMENT, literal=True)
    inner = json_lines.decode(given.select("text", line=number, undecodable=wrong), fields)
    outer = json_lines.decode(
        given.select(text="outer", line=number, undecodable=pl.lit(value=False)), around
    ).select(pl.struct([field.name for field in around.fields]).alias("around"))
    return (
        inner.with_columns(line=given["real"])
        .hstack([given["place"], given["within"]])
        .hstack(outer)
    )


def _objects(source: Source) -> Iterator[_Object]:
    """The outermost objects, one after the other or in a list."""
    try:
        with source.path.open("rb") as file:
            yield from _scan(file)
    except OSError as error:
        raise UnreadableError(source.name, (error.strerror or str(error)).lower()) from error


def _scan(file: BinaryIO) -> Iterator[_Object]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    held, at, line, ended = "", 0, 1, False
    while True:
        begin = _BETWEEN.match(held, at).end()  # type: ignore[union-attr]
        line += held.count("\n", at, begin)
        at = begin
        end, certain = _end(held, at)
        if not ended and not certain and len(held) - at < OBJECT_CHARACTERS:
            # Twice as much each time, so that a long object is not parsed over and over.
            piece = file.read(max(1 << 20, len(held) - at))
            ended = not piece
            margin = len(_indent(held, at))
            held, at = held[at - margin :] + decoder.decode(piece, final=ended), margin
            continue
        if at == len(held):
            return
        yield _Object(line, held[at:end])
        line += held.count("\n", at, end)
        at = end


def _end(held: str, at: int) -> tuple[int, bool]:
    """Where the object at `at` ends, and whether text that is yet to come could change that."""
    if at == len(held):
        return at, False
    try:
        return _DECODER.raw_decode(held, at)[1], True
    except json.JSONDecodeError as error:
        wrong = error.pos
    except RecursionError:
        wrong = at
    following = _next(held, at)
    return (len(held), False) if following is None else (following, wrong <= following + 1)


def _next(held: str, at: int) -> int | None:
    """The next line that begins like the object at `at`: with the same indent and a brace."""
    found = re.compile(rf"\n{_indent(held, at)}(?=\{{)").search(held, at)
    return None if found is None else found.end()


def _indent(held: str, at: int) -> str:
    """What stands before `at` on its line, if that is blank."""
    margin = held[held.rfind("\n", 0, at) + 1 : at]
    return "" if margin.strip() else margin


def _members(found: _Object, key: re.Pattern[str]) -> Iterator[_Object]:
    """The objects of the list in an object; the object itself where it has none."""
    opening = key.search(found.text)
    if opening is None:
        yield found
        return
    whole, at, count = found.text, opening.end(), 0
    spans: list[tuple[int, int]] = []
    while True:
        at = re.compile(r"[\s,]*").match(whole, at).end()  # type: ignore[union-attr]
        if at == len(whole) or whole[at] == "]":
            break
        end, _ = _end(whole, at)
        spans.append((at, end))
        at = end
    around = f"{whole[: opening.end()]}{whole[at:]}"
    line, last = found.line, 0
    for count, (begin, end) in enumerate(spans):
        line, last = line + whole.count("\n", last, begin), begin
        yield _Object(line, whole[begin:end], count, opening[1], around)
