"""How near an account is to mixers and exchanges, by labels that were public at the scope's end.

mixer_proximity_hops: fewest hops to an account with a mixer label, along transfers in either
direction, 0 for one itself; hubs and infrastructure are reached but not passed through
(`cypher/hubs.py`, more than HUB_DEGREE counterparties). exchange_affinity: share of the account's
volume, sent and received, that it moved with accounts of exchange labels; null where the range
moves several assets. Null as well where nobody has such a label, and for infrastructure.

Derived from labels: never an input of a model (`Family.label_derived`). A label counts that was
known before the end, has not expired and has at least `min_confidence`.
Source: spec/features-and-rules.md section 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy import sparse

from cypher import hubs, ledger
from cypher.family import Family, Features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cypher.family import Change, Refreshed, Scope
    from cypher.graph import Graph

HUB_DEGREE = 1_000
DEFAULTS = {"min_confidence": 0.5}

_COLUMNS: dict[str, pl.DataType] = {
    "mixer_proximity_hops": pl.Int64(),
    "exchange_affinity": pl.Float64(),
}


def _read(graph: Graph, scope: Scope) -> Features:
    read = ledger.read_pairs(graph, scope)
    accounts, pairs = read.accounts, read.transfers
    stopped = hubs.stop_list(read, HUB_DEGREE, None)
    ends = [pairs[end].to_numpy() for end in ("source", "target")]
    mixers, exchanges = (
        accounts["account"].is_in(_labelled(graph, scope, category).implode()).to_numpy()
        for category in ("mixer", "exchange")
    )
    found = accounts.select(
        "account",
        "infra",
        mixer_proximity_hops=_hops(ends, mixers, stopped),
        exchange_affinity=_share(ends, pairs["amount"].to_numpy(), exchanges),
    )
    active = found[np.unique(np.concatenate(ends))]
    return Features(active.select("account", *(pl.when(~pl.col("infra")).then(n).alias(n)
                                               for n in _COLUMNS)))  # fmt: skip


def _refresh(graph: Graph, scope: Scope, change: Change) -> Refreshed | None:  # noqa: ARG001
    """A label may have come to any account, and hops change far from a new transfer."""
    return None


def _labelled(graph: Graph, scope: Scope, category: str) -> pl.Series:
    """Accounts with a label of the category, as of the scope's end; without one, as of now."""
    return graph.read(
        "lookups/labelled_accounts",
        network=scope.network,
        categories=[category],
        min_confidence={**DEFAULTS, **scope.parameters}["min_confidence"],
        as_of=scope.until,
    )["account"]


def _hops(
    ends: list[NDArray[np.int32]], sources: NDArray[np.bool_], stopped: NDArray[np.bool_]
) -> pl.Series:
    """Fewest hops from any of the sources; null where no way leads."""
    source, target = ends
    ones = np.ones(2 * len(source), dtype=np.int32)
    both = np.concatenate([source, target]), np.concatenate([target, source])
    near = sparse.csr_array((ones, both), shape=(len(sources), len(sources)))
    hops = np.where(sources, 0, -1)
    frontier, hop = sources, 0
    while frontier.any():
        hop += 1
        found = (near @ frontier.astype(np.int32)).astype(bool) & (hops < 0)
        hops[found] = hop
        frontier = found & ~stopped
    return pl.Series(hops).replace(-1, None)


def _share(
    ends: list[NDArray[np.int32]], amount: NDArray[np.float64], marked: NDArray[np.bool_]
) -> pl.Series:
    """Share of the volume of every account whose other end is marked; NaN amounts make all null."""
    none = pl.Series([None] * len(marked), dtype=pl.Float64)
    if np.isnan(amount).any() or not marked.any():
        return none
    whole, part = np.zeros(len(marked)), np.zeros(len(marked))
    for own, other in (ends, ends[::-1]):
        whole += np.bincount(own, amount, len(marked))
        part += np.bincount(own, amount * marked[other], len(marked))
    share = np.divide(part, whole, out=np.full(len(marked), np.nan), where=whole > 0)
    return pl.Series(share).fill_nan(None)


FAMILY = Family(
    summary="Hops to the nearest mixer label, and the share of volume with exchange labels.",
    columns=_COLUMNS,
    read=_read,
    refresh=_refresh,
    defaults=DEFAULTS,
    label_derived=True,
)
