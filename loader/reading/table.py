"""Delimited text (CSV) as frames of text columns: nothing is inferred, ragged rows are known."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from loader.reading import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from loader.reading.sources import Source

_QUOTED = r'"(?:[^"]|"")*"'
_OPEN_RECORD_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written."""

    delimiter: str = ","
    encoding: str = "utf-8"
    has_header: bool = True


PLAIN = Dialect()


def header(source: Source, dialect: Dialect = PLAIN) -> list[str]:
    """The cells of the first line, trimmed; empty where there is no such line."""
    first = source.head().removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    try:
        line = first.decode(dialect.encoding).rstrip("\r")
    except UnicodeDecodeError:
        return []
    if "\x00" in line:
        return []
    cells = next(csv.reader([line], delimiter=dialect.delimiter), [])
    return [cell.strip() for cell in cells]


def part(source: Source, parts: Mapping[str, Collection[str]]) -> str | None:
    """The first of the named kinds of table whose columns a header has all of."""
    cells = set(header(source))
    return next((name for name, columns in parts.items() if cells.issuperset(columns)), None)


def records(
    source: Source, width: int, dialect: Dialect = PLAIN, size: int = text.PIECE_BYTES
) -> Iterator[pl.DataFrame]:
    """The records below the header.

    Args:
        source: the file.
        width: how many cells a record must have.
        dialect: how the file is written.
        size: bytes in memory at a time.

    Yields:
        Frames of `line`, `text` (the raw record), `ragged` (it cannot be a row of this table) and
        the cells as text in columns `0`, `1`, ...; null cells do not occur in good records.
    """
    skip = dialect.has_header
    pending: pl.DataFrame | None = None
    for piece in text.lines(source, dialect.encoding, size):
        frame = piece if pending is None else pl.concat([pending, piece])
        frame, pending = _whole(frame, dialect.delimiter)
        if skip and frame.height:
            frame, skip = frame.slice(1), False
        if pending is not None and pending["text"].str.len_bytes().sum() > _OPEN_RECORD_LIMIT:
            yield _cells(_first_is_bad(pending), width, dialect)
            pending = None
        if frame.height:
            yield _cells(frame, width, dialect)
    if pending is not None:
        yield _cells(_first_is_bad(pending), width, dialect)


def _first_is_bad(lines: pl.DataFrame) -> pl.DataFrame:
    """A quote that is never closed spoils its own line, not all that follow."""
    return lines.with_columns(undecodable=pl.col("undecodable") | (pl.int_range(pl.len()) == 0))


def _whole(lines: pl.DataFrame, delimiter: str) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Join the lines of records whose quoted cells hold line ends; the last may be unfinished."""
    opens = lines["text"].str.contains(f'(?:^|\\{delimiter})\\s*"')
    if not opens.any():
        return lines, None
    quotes = lines.select(n=pl.when(opens).then(pl.col("text").str.count_matches('"')).otherwise(0))
    # Lines inside an open record count too, even when they do not begin with a quote.
    every = lines["text"].str.count_matches('"')
    if not ((quotes["n"] % 2) == 1).any():
        return lines, None
    before = every.cum_sum() - every
    record = ((before % 2) == 0).cum_sum()
    joined = (
        lines.with_columns(record.alias("record"))
        .group_by("record", maintain_order=True)
        .agg(
            pl.col("line").first(),
            pl.col("text").str.join("\n"),
            pl.col("undecodable").any(),
        )
        .drop("record")
    )
    if int(every.sum()) % 2 == 0:
        return joined, None
    last = joined["line"][-1]
    return joined.slice(0, joined.height - 1), lines.filter(pl.col("line") >= last)


def _cells(frame: pl.DataFrame, width: int, dialect: Dialect) -> pl.DataFrame:
    names = [str(place) for place in range(width)]
    quoted = frame["text"].str.contains('"', literal=True)
    outside = frame["text"].str.replace_all(_QUOTED, "") if quoted.any() else frame["text"]
    separators = outside.str.count_matches(dialect.delimiter, literal=True)
    ragged = (separators != width - 1) | frame["undecodable"]
    if quoted.any():
        # Quotes inside a cell that begins with none are text, as long as they come in pairs.
        plain_text = f'[^"\\{dialect.delimiter}\\n]'
        cell = f'(?:{_QUOTED}|(?:{plain_text}(?:{plain_text}|"{plain_text}*")*)?)'
        ragged |= ~frame["text"].str.contains(f"^{cell}(?:\\{dialect.delimiter}{cell})*$")
    frame = frame.select("line", "text", ragged.alias("ragged"))
    plain = frame.filter(~quoted & ~ragged)
    parts = [
        plain.with_columns(
            plain["text"]
            .str.split_exact(dialect.delimiter, width - 1)
            .struct.rename_fields(names)
            .struct.unnest()
        ),
        frame.filter(ragged),
    ]
    if (special := frame.filter(quoted & ~ragged)).height:
        parts.append(special.hstack(_parse_quoted(special["text"], names, dialect)))
    return pl.concat(parts, how="diagonal").sort("line")


def _parse_quoted(texts: pl.Series, names: list[str], dialect: Dialect) -> pl.DataFrame:
    joined = "\n".join(texts.to_list()).encode()
    schema = dict.fromkeys(names, pl.String)
    return pl.read_csv(
        io.BytesIO(joined),
        has_header=False,
        schema=schema,
        separator=dialect.delimiter,
    ).fill_null("")
