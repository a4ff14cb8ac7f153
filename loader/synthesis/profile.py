"""What somebody's table looks like: how it is written, and what its columns hold.

Only a sample is read, and nothing is decided here; `loader.suggest` draws conclusions.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PolarsError

from core.errors import UnreadableError
from loader.reading import json_lines, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loader.reading.sources import Source

SAMPLE_BYTES = 8 << 20
SAMPLE_ROWS = 50_000
_SNIFFED_LINES = 100
_DELIMITERS = ",;\t|"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
NOTHING = ("", "NULL", "null", "None", "nan", "NaN")
"""Text that stands for no value."""

SHAPES = {
    "address": r"^0x[0-9a-fA-F]{40}$",
    "hash": r"^(?:0x)?[0-9a-fA-F]{64}$",
    "stellar": r"^[GLC][A-Z2-7]{55}$",
    "bitcoin": r"^(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|(?:bc|tb)1[0-9a-z]{11,87})$",
    "hexadecimal": r"^0x[0-9a-fA-F]+$",
    "integer": r"^[+-]?[0-9]+$",
    "decimal": r"^[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?$",
    "grouped": r"^[+-]?[0-9]{1,3}(?:[.,' ][0-9]{3})*(?:[.,][0-9]+)?$",
    "iso8601": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}.*)?$",
    "date": r"^[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}(?: [0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?$",
}
"""Shapes of text, the narrower before the wider."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sample.

    Attributes:
        key: how a mapping names it: its header, or its number where that is empty or not unique.
        words: its header in lower case, cut into words.
        values: what stands in it, nothing left out.
        shape: the narrowest of `SHAPES` that all values have; empty where none fits.
    """

    key: str | int
    words: tuple[str, ...]
    values: pl.Series
    shape: str

    @property
    def filled(self) -> pl.Series:
        """The values that are some."""
        return self.values.filter(~self.values.is_in(list(NOTHING)))

    @property
    def is_clock(self) -> bool:
        """Whether its values have the shape of a date, with or without a time."""
        return self.shape in ("iso8601", "date")


@dataclass(frozen=True, slots=True)
class Profile:
    """How a table is written, and its columns; `ragged` counts records of another width."""

    kind: str
    dialect: table.Dialect
    columns: tuple[Column, ...]
    rows: int
    ragged: int


def profile(source: Source) -> Profile:
    """Look at the first rows of a table: Parquet, JSON lines or delimited text.

    Raises:
        UnreadableError: it is none of them, or empty.
    """
    head = source.head()
    if head.startswith(b"PAR1"):
        return _of_frame(source, "parquet", _parquet(source))
    if keys := sorted(json_lines.first_keys(source)):
        fields = pl.Struct(dict.fromkeys(keys, pl.String))
        frame = next(json_lines.records(source, fields, SAMPLE_BYTES))
        return _of_frame(source, "jsonl", frame.filter(~pl.col("malformed")).select(keys))
    if head.startswith(_WIDE) or b"\x00" in head:
        raise UnreadableError(source.name, "it is no text in UTF-8 or a code page; convert it")
    return _delimited(source, head)


def _parquet(source: Source) -> pl.DataFrame:
    try:
        frame = pl.scan_parquet(source.path, glob=False).head(SAMPLE_ROWS).collect()
        return frame.select(pl.exclude(pl.List, pl.Struct, pl.Binary).cast(pl.String))
    except (PolarsError, OSError) as error:
        raise UnreadableError(source.name, " ".join(str(error).split())[:200]) from error


def _of_frame(source: Source, kind: str, frame: pl.DataFrame) -> Profile:
    if not frame.height:
        raise UnreadableError(source.name, "it holds no rows")
    columns = tuple(_column(name, name, frame[name]) for name in frame.columns)
    return Profile(kind, table.PLAIN, columns, frame.height, 0)


def _delimited(source: Source, head: bytes) -> Profile:
    encoding = _encoding(head)
    lines = head.decode(encoding, errors="replace").lstrip("\ufeff").splitlines()
    lines = [line for line in lines[:_SNIFFED_LINES] if line.strip()]
    delimiter = _delimiter(lines)
    first = table.header(source, table.Dialect(delimiter, encoding))
    dialect = table.Dialect(delimiter, encoding, _names_columns(first))
    frame = next(table.records(source, len(first), dialect, SAMPLE_BYTES), None)
    if frame is None or not frame.height or not first:
        raise UnreadableError(source.name, "it holds no rows")
    sound = frame.filter(~pl.col("ragged")).head(SAMPLE_ROWS)
    often = Counter(first)
    columns = tuple(
        _column(
            cell if dialect.has_header and cell and often[cell] == 1 else place,
            cell if dialect.has_header else "",
            sound[str(place)],
        )
        for place, cell in enumerate(first)
    )
    return Profile("csv", dialect, columns, sound.height, int(frame["ragged"].sum()))


def _encoding(head: bytes) -> str:
    """UTF-8 where that fits; the last character of the sample may be cut."""
    for encoding in ("utf-8", "cp1252"):
        try:
            head[: len(head) - 4 or None].decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8" and error.start >= len(head) - 8:
                return encoding
            continue
        return encoding
    return "latin-1"


def _delimiter(lines: Sequence[str]) -> str:
    """The one that cuts most lines into the same number of cells, more than one."""

    def evenness(delimiter: str) -> tuple[float, int]:
        counts = Counter(line.count(delimiter) for line in lines)
        width, often = counts.most_common(1)[0] if counts else (0, 0)
        return (often / max(len(lines), 1) if width else 0.0, width)

    return max(_DELIMITERS, key=evenness)


def _names_columns(cells: Sequence[str]) -> bool:
    """Whether the first line is a header: none of its cells looks like a value."""
    values = [cell for cell in cells if cell and _shape([cell])]
    return not values


def _column(key: str | int, name: str, values: pl.Series) -> Column:
    values = values.fill_null("").cast(pl.String).str.strip_chars().alias("values")
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    words = tuple(word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word)
    filled = values.filter(~values.is_in(list(NOTHING)))
    return Column(key, words, values, _shape(filled.unique().head(5000).to_list()))


def _shape(values: Sequence[str]) -> str:
    if not values:
        return ""
    for name, pattern in SHAPES.items():
        if all(re.match(pattern, value) for value in values):
            return name
    return ""
