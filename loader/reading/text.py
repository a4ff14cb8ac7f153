"""Text files as numbered lines, in pieces of bounded size; wrong encoding marks a line, no more."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import polars as pl

from core.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.reading.sources import Source

PIECE_BYTES = 4 << 20
"""How much of a file is in memory at a time: of short rows, some 100,000."""

REPLACEMENT = "\ufffd"


def lines(
    source: Source, encoding: str = "utf-8", size: int = PIECE_BYTES
) -> Iterator[pl.DataFrame]:
    """The lines of a file that are not blank.

    Args:
        source: the file; a byte order mark at its start is left out.
        encoding: of the text.
        size: bytes of a piece.

    Yields:
        Frames of `line` (1-based number), `text`, and `undecodable`.

    Raises:
        UnreadableError: the file cannot be read.
    """
    number, rest = 1, b""
    try:
        with source.path.open("rb") as file:
            if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
                file.seek(0)
            while piece := file.read(size):
                head, newline, tail = (rest + piece).rpartition(b"\n")
                rest = tail
                if newline:
                    frame, number = _frame(head, number, encoding)
                    yield frame
    except OSError as error:
        raise UnreadableError(source.name, (error.strerror or str(error)).lower()) from error
    if rest:
        yield _frame(rest, number, encoding)[0]


def _frame(data: bytes, number: int, encoding: str) -> tuple[pl.DataFrame, int]:
    try:
        text, strict = data.decode(encoding), True
    except UnicodeDecodeError:
        text, strict = data.decode(encoding, errors="replace"), False
    # Split where editors count lines, at \n alone: other separators may stand inside a value.
    texts = pl.Series("text", text.split("\n"), dtype=pl.String)
    frame = pl.DataFrame([texts]).select(
        line=pl.int_range(number, number + pl.len(), dtype=pl.Int64),
        text=pl.col("text").str.strip_suffix("\r"),
        undecodable=pl.lit(not strict) & pl.col("text").str.contains(REPLACEMENT, literal=True),
    )
    return frame.filter(pl.col("text").str.strip_chars() != ""), number + len(texts)
