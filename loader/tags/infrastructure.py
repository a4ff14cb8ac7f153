"""Lists of infrastructure: exchanges, routers and the like, which account statistics leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loader.label_pack import Defaults, TagFormat, read_table
from loader.reading import table

if TYPE_CHECKING:
    from loader.reading.sources import Source

_REASONS = ("label", "reason", "name", "tag")


class Infrastructure(TagFormat):
    """A CSV with `address` and, where given, the reason and the network."""

    summary = "Infrastructure lists (CSV with address and an optional reason); sets is_infra."
    defaults = Defaults(category="infrastructure", label="infrastructure")

    def recognise(self, source: Source) -> bool:
        """By a column `address`."""
        return "address" in table.header(source)

    def read(self, source: Source) -> pl.DataFrame:
        """One label a row; the reason becomes its text."""
        rows = read_table("infrastructure", source)
        reason = next((name for name in _REASONS if name in rows.columns), None)
        kept = [name for name in ("network", "source") if name in rows.columns]
        label = pl.col(reason) if reason else pl.lit(None, pl.String)
        return rows.select("line", "address", label.alias("label"), *kept)


TAGS = Infrastructure()
