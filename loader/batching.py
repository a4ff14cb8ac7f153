"""Batches: transfers cut into transactions, and the lists that a transaction's statement takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.schema import TRANSFERS
from loader.staging import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROPERTIES = (
    "id", "asset", "amount_base", "amount", "ts", "ledger", "ord", "kind", "flags", "tx_id",
)  # fmt: skip


def batches(
    partition: pl.DataFrame, size: int, whole: pl.Series | None = None
) -> Iterator[pl.DataFrame]:
    """Cut sorted transfers into batches of about `size`, never inside a unit.

    Args:
        partition: sorted by ledger and unit.
        size: of a batch, in transfers.
        whole: ledgers that are not cut either.
    """
    unit, ledger = partition["unit"], partition["ledger"]
    begins = (unit != unit.shift()).fill_null(value=True)
    if whole is not None and whole.len():
        opens = (ledger != ledger.shift()).fill_null(value=True)
        begins &= opens | ~ledger.is_in(whole.implode())
    starts = begins.arg_true()
    begin = 0
    while begin < partition.height:
        place = int(starts.search_sorted(begin + size))
        end = int(starts[place]) if place < starts.len() else partition.height
        yield partition.slice(begin, end - begin)
        begin = end


def endpoints(transfers: pl.DataFrame, network: str) -> pl.DataFrame:
    """The accounts of a batch by id: id, address, kind, first and last time."""
    ends = pl.concat(
        transfers.select(pl.col(side).alias("id"), pl.col(f"{side}_kind").alias("kind"), "ts")
        for side in ("source", "target")
    )
    address = pl.col("id").str.strip_prefix(f"{network}:").alias("address")
    return (
        ends.group_by("id")
        .agg(
            kind=pl.col("kind").drop_nulls().first().fill_null("account"),
            first=pl.col("ts").min(),
            last=pl.col("ts").max(),
        )
        .sort("id")
        .select("id", address, "kind", "first", "last")
    )


def transfer_rows(transfers: pl.DataFrame, accounts: pl.Series) -> list[tuple[object, ...]]:
    """Rows of writes/transfers_create: ends as places in the list of accounts."""
    places = pl.int_range(accounts.len(), eager=True)
    ends = [pl.col(side).replace_strict(accounts, places) for side in ("source", "target")]
    columns = transfers.select(*ends, *_PROPERTIES)
    extras = sorted(set(transfers.columns) - OWN - set(TRANSFERS))
    if not extras:
        return columns.with_columns(extras=None).rows()
    # A map a row, because which extras a transfer has differs from row to row.
    told = [
        {key: value for key, value in row.items() if value is not None} or None
        for row in transfers.select(extras).iter_rows(named=True)
    ]
    return [(*row, extra) for row, extra in zip(columns.rows(), told, strict=True)]
