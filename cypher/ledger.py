"""A network's accounts and transfers as columns, for passes that Cypher is no language for.

`source` and `target` are row numbers of the frame of accounts, so that numpy can index by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import StateError
from core.times import window_ms
from cypher import pages

if TYPE_CHECKING:
    from datetime import datetime

    from cypher.family import Scope
    from cypher.graph import Graph

PAGE = 50_000
ACCOUNTS_A_PAGE = 500
ORDER = ("ts", "ledger", "ord", "id")
"""What makes a transfer later than another, and at last its id."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Part of a network's ledger.

    Attributes:
        accounts: `account`, `infra`, `pseudo`, sorted by account; the row number is `source`
            and `target` of transfers.
        transfers: `source`, `target` (Int32), `ts` (epoch ms), `ledger`, `ord`, `asset`
            (Categorical), `amount` (null where unknown), `amount_base` (text; null unless asked
            for), `kind` (Categorical), `unordered` (order inside its ledger unknown), `change`
            (money that comes back to who pays, of UTXO ledgers) and `id`, sorted by ORDER.
            Fees and unconfirmed transfers are not among them.
    """

    accounts: pl.DataFrame
    transfers: pl.DataFrame


def read(
    graph: Graph,
    network: str,
    *,
    asset: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    base: bool = False,
) -> Ledger:
    """Read the transfers of `[since, until)` and all accounts.

    Args:
        graph: the database.
        network: whose ledger.
        asset: None takes every asset.
        since: first instant that counts.
        until: first instant that no longer counts.
        base: whether `amount_base` is wanted; it costs time and memory.

    Raises:
        StateError: accounts came while it was read.
    """
    accounts = graph.read("exports/ledger_accounts", network=network)
    first, end = window_ms(since, until)

    def read_page(ledger: int, limit: int) -> pl.DataFrame:
        return graph.read(
            "exports/ledger_transfers",
            network=network,
            ledger=ledger,
            since=first,
            until=end,
            asset=asset,
            base=base,
            limit=limit,
        )

    read_pages = pages.by_ledger(read_page, 0, PAGE)
    numbered = [_numbered(page, accounts) for page in read_pages]
    transfers = pl.concat([pl.DataFrame(schema=_SCHEMA), *numbered])
    if transfers["source"].null_count() or transfers["target"].null_count():
        raise StateError(
            "The graph changed while it was read: a transfer has an account that was not there.",
            "Try again when no load is running.",
        )
    return Ledger(accounts.drop("number"), transfers.sort(ORDER))


def read_pairs(graph: Graph, scope: Scope) -> Ledger:
    """The ordered pairs with a transfer in a scope, and all accounts.

    Of its columns pairs have `source`, `target` and `amount`, NaN where it is not known.
    """
    accounts = graph.read("exports/ledger_accounts", network=scope.network)
    pairs = graph.read(
        "exports/account_pairs",
        network=scope.network,
        asset=scope.asset,
        since=scope.since,
        until=scope.until,
    )
    return Ledger(accounts.drop("number"), pairs.with_columns(ends(accounts)))


def read_of(
    graph: Graph, wanted: pl.Series, *, asset: str | None = None
) -> tuple[Ledger, pl.Series]:
    """Read all transfers in and out of some accounts, and these and the other ends.

    `amount_base` and `unordered` are not among the columns.

    Returns:
        The ledger, and the rows of its accounts that were wanted.
    """
    pages = [
        graph.read("exports/ledger_transfers_of", accounts=page.to_series(), asset=asset)
        for page in wanted.to_frame().iter_slices(ACCOUNTS_A_PAGE)
    ]
    found = pl.concat([pl.DataFrame(schema=_SCHEMA_OF), *pages])
    found = found.unique("id")
    numbers = pl.concat([found["source"], found["target"]]).unique()
    accounts = graph.read("lookups/accounts_numbered", numbers=numbers)
    transfers = found.with_columns(
        *ends(accounts),
        pl.col("asset", "kind").cast(pl.Categorical),
        pl.col("amount").fill_nan(None),
    ).sort(ORDER)
    rows = accounts.with_row_index("row").filter(pl.col("account").is_in(wanted.implode()))["row"]
    return Ledger(accounts.drop("number"), transfers), rows.cast(pl.Int32)


_SCHEMA_OF = {
    "source": pl.Int64,
    "target": pl.Int64,
    "ts": pl.Int64,
    "ledger": pl.Int64,
    "ord": pl.Int64,
    "asset": pl.String,
    "amount": pl.Float64,
    "kind": pl.String,
    "change": pl.Boolean,
    "id": pl.String,
}
_SCHEMA = {
    "source": pl.Int32,
    "target": pl.Int32,
    "ts": pl.Int64,
    "ledger": pl.Int64,
    "ord": pl.Int64,
    "asset": pl.Categorical,
    "amount": pl.Float64,
    "amount_base": pl.String,
    "kind": pl.Categorical,
    "unordered": pl.Boolean,
    "change": pl.Boolean,
    "id": pl.String,
}


def ends(accounts: pl.DataFrame) -> list[pl.Expr]:
    """`source` and `target` as row numbers of the accounts, from the database's numbers."""
    places = pl.int_range(accounts.height, dtype=pl.Int32, eager=True)
    return [
        pl.col(end).replace_strict(accounts["number"], places, default=None, return_dtype=pl.Int32)
        for end in ("source", "target")
    ]


def _numbered(page: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    return page.with_columns(
        *ends(accounts),
        pl.col("asset", "kind").cast(pl.Categorical),
        pl.col("amount").fill_nan(None),
        pl.col("amount_base").replace("", None),
    ).select(*_SCHEMA)
