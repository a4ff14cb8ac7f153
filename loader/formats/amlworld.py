"""IBM AMLworld: transactions between bank accounts in many currencies (CSV).

`Is Laundering` is a label and goes to a side file; the file of patterns is not read here: what is
known of a transfer afterwards never becomes a property that a feature could see.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from core import amounts
from core.schema import Flag
from loader import label_files, verdicts
from loader.format import Format, assets_frame, settle
from loader.reading import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context, Parcel
    from loader.reading.sources import Source
    from loader.report import LoadOptions

MINUTE_MS = 60_000
_ACCOUNT, _LABEL = "Account", "Is Laundering"
_COLUMNS = {
    "time": "Timestamp",
    "from_bank": "From Bank",
    "to_bank": "To Bank",
    "received": "Amount Received",
    "currency": "Receiving Currency",
    "paid": "Amount Paid",
    "paid_currency": "Payment Currency",
    "payment_format": "Payment Format",
}
_TIME = r"^(\d{4})/(\d{2})/(\d{2}) (\d{2}:\d{2}(?::\d{2})?)$"
_DECIMALS, _COINS = 2, {"Bitcoin": 8}
_EXTRAS = ("paid_amount", "paid_asset", "payment_format")


class Amlworld(Format):
    """Simulated transactions; an account is one only together with its bank."""

    summary = "IBM AMLworld: HI and LI transaction files (CSV)."
    network = "amlworld"

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the header, in which the name of the account columns occurs twice."""
        del options
        return "transactions" if _places(source) else None

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """Labels are left out on purpose."""
        del options
        if source.head().lstrip().startswith(b"BEGIN LAUNDERING"):
            return "its patterns are labels, which are not loaded"
        return "its header is not that of AMLworld's transactions"

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """One file after the other."""
        for source in files["transactions"]:
            places = _places(source)
            cells = table.header(source)
            laundering = str(cells.index(_LABEL)) if _LABEL in cells else None
            for records in table.records(source, len(cells)):
                yield _parcel(source, records, places, context.network, laundering)


FORMAT = Amlworld()


def _places(source: Source) -> dict[str, str]:
    """The place of each wanted column, empty if one is missing."""
    cells = table.header(source)
    # Readers that cannot bear two equal names call the second one so, and may have saved it.
    accounts = [place for place, cell in enumerate(cells) if cell in (_ACCOUNT, f"{_ACCOUNT}.1")]
    if len(accounts) != len(("from", "to")) or not set(_COLUMNS.values()) <= set(cells):
        return {}
    places = {ours: str(cells.index(name)) for ours, name in _COLUMNS.items()}
    return {**places, "from": str(accounts[0]), "to": str(accounts[1])}


def _parcel(
    source: Source,
    records: pl.DataFrame,
    places: Mapping[str, str],
    network: str,
    laundering: str | None,
) -> Parcel:
    frame = records.with_columns(
        pl.col(place).str.strip_chars().alias(name) for name, place in places.items()
    ).with_columns(
        _decimals(pl.col("currency")).alias("decimals"),
        _decimals(pl.col("paid_currency")).alias("paid_decimals"),
        ts=_instant(pl.col("time")),
    )
    paid = amounts.to_base(frame, "paid", "paid_decimals").select(
        paid_base="amount_base", paid_negative="negative"
    )
    frame = frame.hstack(amounts.to_base(frame, "received", "decimals")).hstack(paid)
    changed = pl.col("currency") != pl.col("paid_currency")
    frame = frame.with_columns(
        ledger=pl.col("ts").floordiv(MINUTE_MS),
        amount=amounts.to_amount(pl.col("amount_base"), pl.col("decimals")),
        asset=verdicts.account_id(network, pl.col("currency")),
        source=_account(network, "from_bank", "from"),
        target=_account(network, "to_bank", "to"),
        paid_amount=pl.when(changed).then("paid"),
        paid_asset=pl.when(changed).then(verdicts.account_id(network, pl.col("paid_currency"))),
    )
    frame = frame.with_columns(
        reject=verdicts.first_reason(
            (verdicts.BAD_ROW, pl.col("ragged")),
            (verdicts.MISSING_FIELD, verdicts.blank(*places)),
            (verdicts.BAD_VALUE, pl.any_horizontal(
                pl.col("amount_base", "paid_base", "ts").is_null())),
            (verdicts.BAD_VALUE, pl.col("ledger") < 0),
            (verdicts.NEGATIVE, pl.col("negative") | pl.col("paid_negative")),
        ),
        skip=verdicts.first_reason((verdicts.ZERO, pl.col("amount_base") == "0")),
        kind=pl.lit("transfer"),
        ord=pl.lit(0),
        flags=verdicts.flags(
            (Flag.SELF, pl.col("source") == pl.col("target")),
            (Flag.ORDER_UNKNOWN, pl.lit(value=True)),
            (Flag.AMOUNT_INEXACT, pl.col("inexact")),
            (Flag.FX, changed),
        ),
    )  # fmt: skip
    settled = settle(source, frame, _EXTRAS, assets=_assets(frame, network))
    return replace(settled, labels=_labels(frame, laundering))


def _labels(frame: pl.DataFrame, place: str | None) -> pl.DataFrame | None:
    if place is None:
        return None
    told = pl.col(place).str.strip_chars()
    label = told.replace_strict({"0": 0, "1": 1}, default=None, return_dtype=pl.Int8)
    return label_files.of_rows(frame, _LABEL, "edge", label)


def _instant(text: pl.Expr) -> pl.Expr:
    parts = text.str.extract_groups(_TIME).struct
    day = pl.concat_str(*[parts.field(str(group)) for group in (1, 2, 3)], separator="-")
    return verdicts.iso_ms(pl.concat_str(day, parts.field("4"), separator="T"))


def _account(network: str, bank: str, number: str) -> pl.Expr:
    """Bank and account stay text, zeros in front included; glued together they could collide."""
    return verdicts.account_id(network, pl.concat_str(bank, number, separator="|"))


def _decimals(currency: pl.Expr) -> pl.Expr:
    return currency.replace_strict(_COINS, default=_DECIMALS, return_dtype=pl.Int64)


def _assets(frame: pl.DataFrame, network: str) -> pl.DataFrame:
    symbol = pl.col("symbol")
    listed = pl.concat(
        [
            frame.select("reject", symbol="currency", decimals="decimals"),
            frame.select("reject", symbol="paid_currency", decimals="paid_decimals"),
        ]
    ).filter(pl.col("reject").is_null())
    return assets_frame(
        listed.unique("symbol", maintain_order=True).select(
            "symbol",
            "decimals",
            id=verdicts.account_id(network, symbol),
            network=pl.lit(network),
            asset_class=pl.when(symbol.is_in(list(_COINS)))
            .then(pl.lit("native"))
            .otherwise(pl.lit("fiat")),
        )
    )
