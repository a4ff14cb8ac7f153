"""Accounts within one, two and three hops along transfers out, and their volume.

The account itself is not counted, and a search starts from a hub too; hubs and infrastructure are
reached but not passed through (`cypher/hubs.py`, more than HUB_DEGREE counterparties). A volume is
the sum of what the reached accounts sent and received in the range, null where the range moves
several assets. Accounts of infrastructure have nulls. Source: spec/features-and-rules.md section 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import sparse

from cypher import hubs, ledger
from cypher.family import Family, Features, Refreshed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cypher.family import Change, Scope
    from cypher.graph import Graph

HUB_DEGREE = 1_000
HOPS = 3
BLOCK = 512
"""Accounts searched from at once: bounds the memory of what they reach."""


@dataclass(frozen=True, slots=True)
class _Network:
    """Who pays whom in a scope.

    Attributes:
        accounts: `account` and `infra`; the row number is a place in all arrays.
        following: 1 where an account sent to another or to itself.
        active: accounts with a transfer.
        stopped: accounts that a search does not pass through.
        volume: what every account sent and received; None where assets or amounts forbid a sum.
    """

    accounts: pl.DataFrame
    following: sparse.csr_array
    active: NDArray[np.int64]
    stopped: NDArray[np.bool_]
    volume: NDArray[np.float64] | None


def _read(graph: Graph, scope: Scope) -> Features:
    network = _network(graph, scope)
    return Features(_table(network, network.active), _facts(network))


def _refresh(graph: Graph, scope: Scope, change: Change) -> Refreshed | None:
    """Accounts that reach one with new transfers, whose volume or counterparties are others."""
    network = _network(graph, scope)
    if _facts(network) != change.facts:
        return None
    touched = network.accounts["account"].is_in(change.accounts.implode()).to_numpy()
    reaching = np.flatnonzero(_reaching(network, touched))
    return Refreshed(
        network.accounts["account"].gather(reaching),
        _table(network, np.intersect1d(reaching, network.active)),
        facts=_facts(network),
    )


def _facts(network: _Network) -> dict[str, object]:
    return {"volume": network.volume is not None}


def _network(graph: Graph, scope: Scope) -> _Network:
    read = ledger.read_pairs(graph, scope)
    accounts, pairs = read.accounts, read.transfers
    count = accounts.height
    source, target = (pairs[end].to_numpy() for end in ("source", "target"))
    following = sparse.csr_array(
        (np.ones(len(source), dtype=np.int32), (source, target)), shape=(count, count)
    )
    amount: NDArray[np.float64] = pairs["amount"].to_numpy()
    volume = np.zeros(count)
    for end in (source, target):
        volume += np.bincount(end, amount, count)
    return _Network(
        accounts,
        following,
        np.unique(np.concatenate([source, target])),
        hubs.stop_list(read, HUB_DEGREE, None),
        None if np.isnan(amount).any() else volume,
    )


def _reaching(network: _Network, touched: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Accounts from which a search of HOPS finds one that was touched, and these."""
    reached, frontier = touched.copy(), touched
    for _ in range(HOPS):
        found = (network.following @ frontier.astype(np.int32)).astype(bool) & ~reached
        reached |= found
        frontier = found & ~network.stopped
    return reached


def _table(network: _Network, starts: NDArray[np.int64]) -> pl.DataFrame:
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in _COLUMNS}
    for first in range(0, len(starts), BLOCK):
        _search(network, starts[first : first + BLOCK], columns)
    found = pl.DataFrame(
        {
            "account": network.accounts["account"].gather(starts),
            **{name: np.concatenate(parts) if parts else [] for name, parts in columns.items()},
        },
        schema_overrides=_COLUMNS,
    )
    own = network.accounts["infra"].gather(starts)
    asset = network.volume is not None
    return found.with_columns(
        pl.when(pl.lit(asset) | pl.lit(name.endswith("_count")))
        .then(pl.when(~own).then(pl.col(name)))
        .alias(name)
        for name in _COLUMNS
    )


def _search(
    network: _Network, starts: NDArray[np.int64], columns: dict[str, list[NDArray[Any]]]
) -> None:
    following, volume = network.following, network.volume
    rows = np.arange(len(starts))
    shape = (len(starts), following.shape[0])
    frontier = sparse.csr_array((np.ones(len(starts), np.int32), (rows, starts)), shape=shape)
    reached = frontier
    for hop in range(1, HOPS + 1):
        before = reached
        reached = reached + frontier @ following
        reached.data[:] = 1
        frontier = _passable(reached - before, network.stopped)
        columns[f"khop{hop}_count"].append(reached.sum(axis=1) - 1)
        volumes = np.zeros(len(starts)) if volume is None else reached @ volume - volume[starts]
        columns[f"khop{hop}_volume"].append(volumes)


def _passable(reached: sparse.csr_array, stopped: NDArray[np.bool_]) -> sparse.csr_array:
    """The part of newly reached accounts from which the search goes on."""
    kept = sparse.csr_array(reached)
    kept.data = np.where(stopped[kept.indices], 0, kept.data)
    kept.eliminate_zeros()
    return kept


_COLUMNS: dict[str, pl.DataType] = {
    f"khop{hop}_{what}": kind
    for what, kind in (("count", pl.Int64()), ("volume", pl.Float64()))
    for hop in range(1, HOPS + 1)
}

FAMILY = Family(
    summary="Accounts within one to three hops along transfers out, and their volume.",
    columns=_COLUMNS,
    read=_read,
    refresh=_refresh,
)
