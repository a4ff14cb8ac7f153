"""Forta's labelled data sets: malicious addresses, phishing scams, malicious contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loader.label_pack import Defaults, TagFormat, read_table
from loader.reading import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.reading.sources import Source


def _banned(rows: pl.DataFrame) -> pl.DataFrame:
    listed = pl.col("data_source").str.extract(r"^(?:etherscan-)?(.+?)(?:-list)?$")
    return rows.select(
        "line",
        address="banned_address",
        label="wallet_tag",
        subcategory=listed,
        source="data_source",
    )


def _phishing(rows: pl.DataFrame) -> pl.DataFrame:
    is_contract = pl.col("is_contract").str.to_lowercase() == "true"
    return rows.select(
        "line",
        "address",
        label="etherscan_tag",
        subcategory=pl.lit("phishing"),
        source=pl.lit("forta phishing_scams"),
        kind=pl.when(is_contract).then(pl.lit("contract")),
    )


def _contracts(rows: pl.DataFrame) -> pl.DataFrame:
    told = {
        "subcategory": pl.col("contract_creator_etherscan_label"),
        "source": pl.col("source"),
    }
    contracts = rows.select(
        "line",
        address="contract_address",
        label=pl.coalesce(_text("contract_tag"), _text("notes"), pl.lit("malicious contract")),
        kind=pl.lit("contract"),
        **told,
    )
    creators = rows.filter(_text("contract_creator").is_not_null()).select(
        "line",
        address="contract_creator",
        label=pl.coalesce(_text("contract_creator_tag"), pl.lit("creator of a malicious contract")),
        kind=pl.lit(None, pl.String),
        **told,
    )
    return pl.concat([contracts, creators]).sort("line", maintain_order=True)


def _text(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column))


_SHAPES: dict[frozenset[str], Callable[[pl.DataFrame], pl.DataFrame]] = {
    frozenset({"banned_address", "wallet_tag", "data_source"}): _banned,
    frozenset({"address", "etherscan_tag", "etherscan_labels", "is_contract"}): _phishing,
    frozenset(
        {
            *("contract_address", "contract_tag", "contract_creator", "contract_creator_tag"),
            *("source", "notes", "contract_creator_etherscan_label"),
        }
    ): _contracts,
}


class Forta(TagFormat):
    """The three CSV shapes, told apart by their headers."""

    summary = "Forta's labelled data sets (CSV): malicious addresses, phishing, contracts."
    defaults = Defaults(category="scam", risk_level="high", label="malicious", source="forta")

    def recognise(self, source: Source) -> bool:
        """By the columns of one of the shapes."""
        return self._shape(source) is not None

    def read(self, source: Source) -> pl.DataFrame:
        """One label a row, two for a contract and its creator."""
        shape = self._shape(source)
        assert shape is not None  # noqa: S101 - the caller recognised it
        return shape(read_table("forta", source))

    def _shape(self, source: Source) -> Callable[[pl.DataFrame], pl.DataFrame] | None:
        names = set(table.header(source))
        return next((shape for need, shape in _SHAPES.items() if need <= names), None)


TAGS = Forta()
