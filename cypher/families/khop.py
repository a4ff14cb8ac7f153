"""Accounts within one, two and three hops along transfers out, and their volume.

The account itself is not counted, and a search starts from a hub too; hubs and infrastructure are
reached but not passed through (`cypher/hubs.py`, more than HUB_DEGREE counterparties). A volume is
the sum of what the reached accounts sent and received in the range, null where the range moves
several assets. Accounts of infrastructure have nulls. Source: spec/features-and-rules.md section 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import sparse

from cypher import hubs, ledger
from cypher.features import Family

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cypher.features import Scope
    from cypher.graph import Graph
    from cypher.ledger import Ledger

HUB_DEGREE = 1_000
HOPS = 3
BLOCK = 512
"""Accounts searched from at once: bounds the memory of what they reach."""


def _read(graph: Graph, scope: Scope) -> pl.DataFrame:
    part = ledger.read(
        graph, scope.network, asset=scope.asset, since=scope.since, until=scope.until
    )
    count = part.accounts.height
    source, target = (part.transfers[end].to_numpy() for end in ("source", "target"))
    active = np.unique(np.concatenate([source, target]))
    following = sparse.csr_array(
        (np.ones(len(source), dtype=np.int32), (source, target)), shape=(count, count)
    )
    following.data[:] = 1
    stopped = hubs.stop_list(part, HUB_DEGREE, None)
    volume = _volumes(part)
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in _COLUMNS}
    for start in range(0, len(active), BLOCK):
        _search(following, stopped, volume, active[start : start + BLOCK], columns)
    found = pl.DataFrame(
        {
            "account": part.accounts["account"].gather(active),
            **{name: np.concatenate(parts) if parts else [] for name, parts in columns.items()},
        },
        schema_overrides=_COLUMNS,
    )
    own = part.accounts["infra"].gather(active)
    asset = volume is not None
    return found.with_columns(
        pl.when(pl.lit(asset) | pl.lit(name.endswith("_count")))
        .then(pl.when(~own).then(pl.col(name)))
        .alias(name)
        for name in _COLUMNS
    )


def _volumes(part: Ledger) -> NDArray[np.float64] | None:
    """What every account sent and received, or None where assets or amounts forbid a sum."""
    transfers = part.transfers
    if transfers["asset"].n_unique() > 1 or transfers["amount"].null_count():
        return None
    total = np.zeros(part.accounts.height)
    for end in ("source", "target"):
        total += np.bincount(
            transfers[end].to_numpy(), transfers["amount"].to_numpy(), part.accounts.height
        )
    return total


def _search(
    following: sparse.csr_array,
    stopped: NDArray[np.bool_],
    volume: NDArray[np.float64] | None,
    starts: NDArray[np.int32],
    columns: dict[str, list[NDArray[Any]]],
) -> None:
    rows = np.arange(len(starts))
    shape = (len(starts), following.shape[0])
    frontier = sparse.csr_array((np.ones(len(starts), np.int32), (rows, starts)), shape=shape)
    reached = frontier
    for hop in range(1, HOPS + 1):
        before = reached
        reached = reached + frontier @ following
        reached.data[:] = 1
        frontier = _passable(reached - before, stopped)
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
)
