"""One address a line; what they are is said on the command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from loader.label_pack import TagFormat, refuse
from loader.reading import text

if TYPE_CHECKING:
    from loader.reading.sources import Source

_ADDRESS = re.compile(rb"[^\s,;\"'{}\[\]<>]+")


class Lines(TagFormat):
    """Plain text; `#` begins a comment."""

    summary = "One address a line; give --category and the like on the command line."

    def recognise(self, source: Source) -> bool:
        """By a first address that stands alone in its line."""
        lines = (_bare(line) for line in source.head().removeprefix(b"\xef\xbb\xbf").splitlines())
        first = next((line for line in lines if line), b"")
        return _ADDRESS.fullmatch(first) is not None

    def read(self, source: Source) -> pl.DataFrame:
        """One label a line."""
        frame = pl.concat(text.lines(source)).with_columns(
            address=pl.col("text").str.replace(r"(?:^|\s)#.*$", "").str.strip_chars()
        )
        bad = pl.col("undecodable") | pl.col("address").str.contains(r"[\s,;\x00]")
        if (odd := frame.filter(bad)).height:
            refuse("lines", source, odd["line"][0], "more than one address, or not UTF-8")
        return frame.filter(pl.col("address") != "").select("line", "address")


def _bare(line: bytes) -> bytes:
    return line.partition(b"#")[0].strip()


TAGS = Lines()
