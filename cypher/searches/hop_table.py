"""The transfers or flows of a network that may be hops of a motif: hubs and small ones left out.

The nodes that hops run between are accounts within an asset, so that no walk changes its asset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher import hubs, ledger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from cypher.reading import Reading

    Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Limits:
    """What keeps accounts and hops out; None draws no such line."""

    hub_degree: int | None
    hub_percentile: float | None
    truncation_limit: int | None
    truncation_order: str

    @classmethod
    def of_hubs(cls, bound: Mapping[str, object]) -> Limits:
        """Those of hubs alone: the search itself cuts hops, and tells how many."""
        degree, percentile = (bound[name] for name in ("hub_degree", "hub_percentile"))
        return cls(cast("int | None", degree), cast("float | None", percentile), None, "ts_desc")


@dataclass(frozen=True, slots=True)
class HopTable:
    """Hops of one network.

    Attributes:
        accounts: ids, sorted.
        assets: ids, sorted.
        rows: transfers as in `ledger.Ledger` with `ratio_amount`, the base units as a float; or
            flows. Both have `amount`, `started` and `ended` (epoch ms).
        source, target: nodes; node = asset * len(accounts) + account.
        left_out: by node, how many of its outgoing hops the truncation limit cut.
    """

    accounts: pl.Series
    assets: pl.Series
    rows: pl.DataFrame
    source: Integers
    target: Integers
    left_out: Integers

    @property
    def nodes(self) -> int:
        """A number above every node."""
        return max(1, len(self.accounts) * len(self.assets))


def transfers(
    reading: Reading, network: str, bound: Mapping[str, object], limits: Limits
) -> HopTable:
    """Transfers in time order."""
    found = _ledger(reading, network, bound, base=bound["variant"] == "conserving")
    rows = _wanted(found, found, bound, limits).with_columns(
        ratio_amount=pl.col("amount_base").cast(pl.Float64, strict=False),
        started="ts",
        ended="ts",
    )
    return _cut(rows, found.accounts["account"], limits)


def flows(reading: Reading, network: str, bound: Mapping[str, object], limits: Limits) -> HopTable:
    """Pairs of accounts with a transfer in the range; amounts and times are those of the FLOW."""
    accounts = reading.graph.read("exports/ledger_accounts", network=network)
    every = reading.graph.read("exports/ledger_flows", network=network).with_columns(
        *ledger.ends(accounts), pl.col("amount").fill_nan(None)
    )
    seen = whole = ledger.Ledger(accounts.drop("number"), every)
    if bound["since"] or bound["until"] or bound["min_amount"]:
        seen = _ledger(reading, network, bound)
        large = pl.col("amount").fill_null(0) >= cast("float", bound["min_amount"])
        inside = seen.transfers.filter(large).with_columns(pl.col("asset").cast(pl.String))
        there = every.join(inside, on=["source", "target", "asset"], how="semi")
        whole = ledger.Ledger(whole.accounts, there)
    rows = _wanted(whole, seen, {**bound, "min_amount": 0}, limits)
    return _cut(rows.sort("source", "target", "asset"), accounts["account"], limits)


def _ledger(
    reading: Reading, network: str, bound: Mapping[str, object], *, base: bool = False
) -> ledger.Ledger:
    since, until = (cast("datetime | None", bound[end]) for end in ("since", "until"))
    return reading.ledger(network, since=since, until=until, base=base)


def _wanted(
    found: ledger.Ledger, seen: ledger.Ledger, bound: Mapping[str, object], limits: Limits
) -> pl.DataFrame:
    """Rows between accounts that are none of the hubs among the transfers `seen`."""
    stopped = hubs.stop_list(seen, limits.hub_degree, limits.hub_percentile)
    source, target = (found.transfers[end].to_numpy() for end in ("source", "target"))
    apart = (source != target) & ~stopped[source] & ~stopped[target]
    wanted = pl.lit(pl.Series(apart))
    wanted &= pl.col("amount").fill_null(0) >= cast("float", bound["min_amount"])
    if bound["asset"] is not None:
        wanted &= pl.col("asset").cast(pl.String) == bound["asset"]
    return found.transfers.filter(wanted)


def _cut(rows: pl.DataFrame, accounts: pl.Series, limits: Limits) -> HopTable:
    names = rows["asset"].cast(pl.String)
    assets = names.unique().sort()
    code = names.cast(pl.Enum(assets)).to_physical().to_numpy().astype(np.int64)
    source, target = (code * len(accounts) + rows[end].to_numpy() for end in ("source", "target"))
    left_out = np.zeros(len(assets) * len(accounts), dtype=np.int64)
    if (limit := limits.truncation_limit) is not None:
        left_out = np.maximum(np.bincount(source, minlength=len(left_out)) - limit, 0)
    if limit is not None and left_out.any():
        kept = _rank(rows, source, limits.truncation_order) < limit
        rows, source, target = rows.filter(pl.Series(kept)), source[kept], target[kept]
    return HopTable(accounts, assets, rows, source, target, left_out)


def _rank(rows: pl.DataFrame, source: Integers, order: str) -> Integers:
    """Place of every row among those out of its node; 0 is kept first."""
    place = np.arange(len(source))
    in_time = "ts" in rows.columns
    if order == "amount_desc":
        sequence = np.lexsort((place, -rows["amount"].fill_null(0).to_numpy(), source))
    elif order == "ts_asc":
        sequence = np.lexsort((place, rows["started"].to_numpy(), source))
    else:
        sequence = np.lexsort((-place if in_time else place, -rows["ended"].to_numpy(), source))
    grouped = source[sequence]
    first = np.flatnonzero(np.diff(grouped, prepend=-1))
    rank = np.empty(len(source), dtype=np.int64)
    rank[sequence] = place - np.repeat(first, np.diff(np.append(first, len(source))))
    return rank
