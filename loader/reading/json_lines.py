"""JSON lines as frames of declared fields; numbers keep their text, a bad line harms no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PolarsError

from loader.reading import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.reading.sources import Source

_OBJECT = r"^\s*\{.*\}\s*$"
# A key ends in a quote without a backslash before it; inside a string every quote has one, so this
# finds numbers that are values and nothing else.
_NUMBER_VALUE = r'([^\\]"\s*:\s*)(-?[0-9][0-9.eE+-]*)'


def looks_like(source: Source) -> bool:
    """Whether the first line that is not blank is a JSON object."""
    return bool(first_keys(source))


def first_keys(source: Source) -> set[str]:
    """Keys of the object on the first line that is not blank; empty where there is none."""
    for line in source.head().removeprefix(b"\xef\xbb\xbf").splitlines():
        if line.strip():
            return _keys(line)
    return set()


def _keys(line: bytes) -> set[str]:
    try:
        found = json.loads(line)
    except ValueError:
        return set()
    return set(found) if isinstance(found, dict) else set()


def records(
    source: Source, fields: pl.Struct, size: int = text.PIECE_BYTES
) -> Iterator[pl.DataFrame]:
    """The objects of a file.

    Args:
        source: the file.
        fields: the wanted fields; every leaf is text, or boolean where nothing else can stand.
        size: bytes in memory at a time.

    Yields:
        Frames of `line`, `text`, `malformed`, and the fields.
    """
    for frame in text.lines(source, size=size):
        yield decode(frame, fields)


def decode(frame: pl.DataFrame, fields: pl.Struct) -> pl.DataFrame:
    """The objects of numbered texts, as `records` yields them.

    Args:
        frame: `line` (each number once), `text` (one object without line ends) and `undecodable`.
        fields: as for `records`.
    """
    sound = ~frame["undecodable"] & frame["text"].str.contains(_OBJECT)
    quoted = frame["text"].str.replace_all(_NUMBER_VALUE, '${1}"${2}"')
    parsed = _decode(quoted.filter(sound), frame["line"].filter(sound), fields)
    return (
        frame.select("line", "text")
        .join(parsed, on="line", how="left", maintain_order="left")
        .with_columns(malformed=pl.col("malformed").fill_null(value=True))
    )


def _decode(texts: pl.Series, lines: pl.Series, fields: pl.Struct) -> pl.DataFrame:
    """Decode all lines at once; where that fails, halve until the bad lines stand alone."""
    columns = {field.name: field.dtype for field in fields.fields}
    empty = pl.DataFrame(schema={"line": pl.Int64, "malformed": pl.Boolean, **columns})
    if not texts.len():
        return empty
    try:
        decoded = texts.str.json_decode(fields)
    except PolarsError:
        decoded = None
    if decoded is not None and decoded.len() == texts.len():
        good = pl.DataFrame(
            {"line": lines, "malformed": pl.repeat(value=False, n=lines.len(), eager=True)}
        )
        return good.hstack(decoded.struct.unnest())
    if texts.len() == 1:
        return empty
    half = texts.len() // 2
    return pl.concat(
        [
            _decode(texts.slice(0, half), lines.slice(0, half), fields),
            _decode(texts.slice(half), lines.slice(half), fields),
        ]
    )
