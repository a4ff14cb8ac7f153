"""OFAC's sanctioned addresses, one JSON array for each ticker."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from loader.addresses import TICKERS
from loader.label_pack import Defaults, TagFormat, read_json, refuse

if TYPE_CHECKING:
    from loader.reading.sources import Source

_NAME = re.compile(r"(?:sanctioned_addresses_)?([A-Z0-9]{2,6})\.json(?:\.gz)?")


class Ofac(TagFormat):
    """Arrays of addresses; the ticker in the file's name is an asset, not a network."""

    summary = "OFAC's sanctioned addresses by ticker (JSON arrays)."
    defaults = Defaults(
        label="OFAC",
        category="sanctioned",
        risk_level="critical",
        trust_level="official",
        source="OFAC SDN List",
    )

    def recognise(self, source: Source) -> bool:
        """By the opening bracket."""
        return source.head().removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")

    def read(self, source: Source) -> pl.DataFrame:
        """One label an address."""
        content = read_json("ofac", source)
        for place, entry in enumerate(content, start=1):
            if not isinstance(entry, str) or not entry.strip():
                refuse("ofac", source, None, f"entry {place} is not an address")
        match = _NAME.fullmatch(PurePath(source.name.rpartition("!")[2]).name)
        ticker = match[1] if match and match[1] in TICKERS else None
        frame = pl.DataFrame({"address": pl.Series(content, dtype=pl.String)})
        hexadecimal = pl.col("address").str.starts_with("0x")
        return frame.with_columns(
            line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
            # The same on all chains of its kind: Ethereum stands for them.
            ticker=pl.when(~hexadecimal).then(pl.lit(ticker, pl.String)),
            label=pl.lit(f"OFAC {ticker}" if ticker else None, pl.String),
        )


TAGS = Ofac()
