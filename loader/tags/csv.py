"""Any CSV whose columns carry the names of a tag's properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loader.label_pack import PACK, TagFormat, instants, numbers, read_table, refuse
from loader.reading import table

if TYPE_CHECKING:
    from loader.reading.sources import Source

COLUMNS = tuple(name for name in PACK if name not in ("line", "ticker", "kind", "case_lost"))
_TIMES = ("known_from", "valid_from", "expires_at")


class Csv(TagFormat):
    """A header with `address` and any of the other columns of a tag."""

    summary = f"Any CSV with the columns {', '.join(COLUMNS)}; only address is required."

    def recognise(self, source: Source) -> bool:
        """By a column `address`."""
        return "address" in table.header(source)

    def read(self, source: Source) -> pl.DataFrame:
        """One label a row.

        Raises:
            FormatError: a column is none of a tag's, or a value is none of its column's.
        """
        rows = read_table("csv", source)
        if odd := sorted(set(rows.columns) - set(COLUMNS) - {"line"}):
            reason = f"unknown column {', '.join(odd)}; known: {', '.join(COLUMNS)}"
            refuse("csv", source, 1, reason)
        lines = rows["line"]
        parsed = [
            *(instants("csv", source, lines, rows[name]) for name in _TIMES if name in rows),
            *(
                numbers("csv", source, lines, rows[name])
                for name in ("confidence",)
                if name in rows
            ),
        ]
        closed = pl.col("^(category|risk_level|trust_level)$").str.strip_chars()
        return rows.with_columns(parsed).with_columns(closed.str.to_lowercase())


TAGS = Csv()
