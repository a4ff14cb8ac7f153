"""The crypto-sanctions list: one JSON object of addresses with the entities behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from core.errors import ParameterError
from core.times import parse_instant, to_epoch_ms
from loader.label_pack import Defaults, TagFormat, read_json, refuse

if TYPE_CHECKING:
    from loader.reading.sources import Source


class Sanctions(TagFormat):
    """Its addresses are lower-cased, which only hexadecimal ones survive."""

    summary = "The crypto-sanctions list with entities (JSON); hexadecimal addresses only."
    defaults = Defaults(
        label="sanctioned",
        category="sanctioned",
        risk_level="critical",
        trust_level="official",
        source="OFAC SDN List",
    )

    def recognise(self, source: Source) -> bool:
        """By an object that has `addresses` near its beginning."""
        head = source.head().removeprefix(b"\xef\xbb\xbf").lstrip()
        return head.startswith(b"{") and b'"addresses"' in head

    def read(self, source: Source) -> pl.DataFrame:
        """One label for each entry of an address."""
        content = read_json("sanctions", source)
        addresses = content.get("addresses")
        if not isinstance(addresses, dict):
            refuse("sanctions", source, None, "'addresses' is not an object")
        rows = [
            (address, str(entry.get("entity") or ""))
            for address, listed in addresses.items()
            for entry in _entries(source, address, listed)
        ]
        schema = {"address": pl.String, "label": pl.String}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        metadata = content.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        return frame.with_columns(
            line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
            case_lost=~pl.col("address").str.contains("^0[xX][0-9a-fA-F]{40}$"),
            known_from=pl.lit(_updated(metadata.get("lastUpdated")), pl.Int64),
            source=pl.lit(metadata.get("source") or None, pl.String),
        )


def _entries(source: Source, address: str, listed: object) -> list[dict[str, Any]]:
    entries = listed.get("entries") if isinstance(listed, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        refuse("sanctions", source, None, f"'{address}' has no list of entries")
    return entries


def _updated(text: object) -> int | None:
    try:
        return to_epoch_ms(parse_instant(str(text)))
    except ParameterError:
        return None


TAGS = Sanctions()
