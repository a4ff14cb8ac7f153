"""Transfers as their accounts see them: one row for the sender, one for the recipient.

A transfer to oneself has both rows. Families of features aggregate these rows by account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.times import DAY_MS, to_epoch_ms
from cypher import ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cypher.family import Change, Scope
    from cypher.graph import Graph
    from cypher.prices import Prices

_UTXO = ("utxo", "coinbase")
Span = tuple[int, int]
"""First instant and the instant after the last, epoch ms."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What a scope's accounts did.

    Attributes:
        accounts: `account` and `infra`; the row number is `own` and `other` of rows.
        rows: `own`, `other`, `sent`, `ts`, `ledger`, `asset`, `amount`, `change` and `transaction`
            of the scope, in the order of time; amounts are null where they are of several assets,
            and `transaction` where the ledger is not of UTXO.
        before: the same of everything before the scope's end, also what is older than its start.
        start, end: the scope in epoch ms, half-open; where it is open, its first transfer and the
            instant after its last.
        several: whether amounts before the end are of several assets.
    """

    accounts: pl.DataFrame
    rows: pl.DataFrame
    before: pl.DataFrame
    start: int
    end: int
    several: bool

    @property
    def valued(self) -> pl.DataFrame:
        """Rows that count for volumes: change is none."""
        change = self.rows["change"]
        return self.rows.filter(~change) if change.any() else self.rows

    @property
    def events(self) -> pl.DataFrame:
        """Rows that count as transfers: of a UTXO ledger one for each transaction and side."""
        return once(self.rows, "own", "sent")

    @property
    def days(self) -> float:
        """Length of the scope, at least one day."""
        return max(1.0, (self.end - self.start) / DAY_MS)


def read(graph: Graph, scope: Scope, paid: Prices | None = None) -> Sides:
    """Read all transfers before a scope's end, seen from both sides.

    With prices amounts are US dollars, of whatever assets; null where a transfer has no value.
    """
    found = ledger.read(graph, scope.network, asset=scope.asset, until=scope.until)
    transfers = found.transfers
    if paid is not None:
        transfers = transfers.with_columns(amount=paid.values(transfers))
    first, last = transfers["ts"].min(), transfers["ts"].max()
    start = to_epoch_ms(scope.since) if scope.since else int(str(first or 0))
    end = (
        to_epoch_ms(scope.until) if scope.until else int(str(last if last is not None else -1)) + 1
    )
    several = paid is None and transfers["asset"].n_unique() > 1
    before = _both(transfers, several=several)
    within = transfers.filter(pl.col("ts") >= start)
    inside = _both(within, several=paid is None and within["asset"].n_unique() > 1)
    return Sides(found.accounts.select("account", "infra"), inside, before, start, end, several)


def once(rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """The first row of every transaction of a UTXO ledger; every row of others."""
    by = pl.struct(*keys, "transaction").is_first_distinct() | pl.col("transaction").is_null()
    return rows if rows["transaction"].null_count() == rows.height else rows.filter(by)


def facts(sides: Sides, accounts: int) -> dict[str, object]:
    """What features depend on beside their account's transfers: the span, and how many accounts."""
    told = {"start": sides.start, "end": sides.end, "several": sides.several}
    return {**told, "accounts": accounts}


def span_after(graph: Graph, scope: Scope, change: Change) -> Span | None:
    """Span of a whole ledger after new transfers, or None where they begin before all others."""
    start, end = (int(str(change.facts[name])) for name in ("start", "end"))
    found = graph.read(
        "lookups/span_above", network=scope.network, above=change.above, asset=scope.asset
    )
    first, last = found.row(0)
    if first is None:
        return start, end
    return (start, max(end, last + 1)) if end and first >= start else None


def read_some(
    graph: Graph,
    scope: Scope,
    change: Change,
    accounts: pl.Series,
    span: Span,
    *,
    paid: Prices | None = None,
) -> Sides:
    """The same of some accounts of a whole ledger that has this span."""
    found, rows = ledger.read_of(graph, accounts, asset=scope.asset)
    several, transfers = bool(change.facts["several"]), found.transfers
    if paid is not None:
        transfers = transfers.with_columns(amount=paid.values(transfers))
    both = _both(transfers, several=several).filter(pl.col("own").is_in(rows.implode()))
    return Sides(found.accounts.select("account", "infra"), both, both, *span, several)


def stored(graph: Graph, network: str, keys: Sequence[str]) -> pl.DataFrame:
    """`account` and numbers on the accounts that have the first of them, as doubles."""
    found = graph.read("exports/account_numbers", network=network, keys=list(keys))
    values = [pl.col("values").list.get(place).alias(key) for place, key in enumerate(keys)]
    return found.select("account", *values)


def _both(transfers: pl.DataFrame, *, several: bool) -> pl.DataFrame:
    amount = pl.lit(None, pl.Float64) if several else pl.col("amount")
    utxo = transfers["kind"].cast(pl.String).is_in(_UTXO)
    part = transfers.with_columns(
        amount.alias("amount"),
        _transaction(transfers["id"], utxo).alias("transaction"),
        change=pl.col("change") & utxo,
    )
    kept = ("ts", "ledger", "asset", "amount", "change", "transaction")
    received = part.select(*kept, own="target", other="source", sent=pl.lit(value=False))
    sent = part.select(*kept, own="source", other="target", sent=pl.lit(value=True))
    return pl.concat([received, sent]).sort("ts", maintain_order=True)


def _transaction(ids: pl.Series, utxo: pl.Series) -> pl.Series:
    """The transaction of transfers of UTXO ledgers: the third part of their ids."""
    if not utxo.any():
        return pl.Series([None] * len(ids), dtype=pl.Null)
    return (
        ids.to_frame("id")
        .select(pl.when(utxo).then(pl.col("id").str.split(":").list.get(2)).cast(pl.Categorical))
        .to_series()
    )


def finish(sides: Sides, parts: Sequence[pl.DataFrame], columns: Sequence[str]) -> pl.DataFrame:
    """Join parts on `own` into one row an account of the scope; infrastructure has nulls."""
    frame = sides.rows.select("own").unique().sort("own")
    for part in parts:
        frame = frame.join(part, on="own", how="left", maintain_order="left")
    kept = [pl.when(~pl.col("infra")).then(pl.col(name)).alias(name) for name in columns]
    named = frame.with_columns(
        account=sides.accounts["account"].gather(frame["own"]),
        infra=sides.accounts["infra"].gather(frame["own"]),
    )
    return named.select("account", *kept).sort("account")


def entropy(frame: pl.DataFrame, value: str) -> pl.DataFrame:
    """Shannon entropy in bits of each account's distribution, and how many shares it has.

    Returns:
        `own`, `entropy` and `shares`; values must be above zero to count.
    """
    positive = frame.filter(pl.col(value) > 0)
    # Sorted, so that the order of rows changes no bit of a sum. A single share gives -0.0.
    ordered = pl.col(value).sort()
    share = ordered / ordered.sum()
    bits = (-(share * share.log(2)).sum()).clip(0)
    return positive.group_by("own").agg(entropy=bits, shares=pl.len())


def gini(frame: pl.DataFrame, value: str) -> pl.DataFrame:
    """Gini coefficient of each account's positive values, 2 sum(i x_i) / (n sum x) - (n + 1) / n.

    Returns:
        `own` and `gini`; 0 for a single value.
    """
    x, n = pl.col(value).sort(), pl.len()
    place = pl.int_range(1, pl.len() + 1)
    ratio = 2 * (place * x).sum() / (n * x.sum()) - (n + 1) / n
    return frame.filter(pl.col(value) > 0).group_by("own").agg(gini=ratio.clip(0))


def binary_entropy(share: pl.Expr) -> pl.Expr:
    """Entropy in bits of (p, 1 - p)."""
    parts = [pl.when(p > 0).then(-p * p.log(2)).otherwise(0.0) for p in (share, 1 - share)]
    return pl.when(share.is_not_null()).then(parts[0] + parts[1])
