"""Which transfers lie on a cycle in time through some accounts of interest, of two to six hops.

A cycle is of one asset and of distinct accounts, its transfers each later than the one before
(motif catalogue, 1.3 and 2.4). Hubs, infrastructure and pseudo accounts take no part, the accounts
of interest always do. Of each account and asset only the newest transfers out are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse import csgraph

from cypher import hubs
from cypher.searches import cycles, hops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cypher.ledger import Ledger

_SHORTEST, _LONGEST = 2, 6


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the search; a hub has more than `hub_degree` counterparties.

    Attributes:
        rule: how transfers follow each other.
        truncation_limit: transfers out of an account that are looked at, by asset.
    """

    rule: hops.Rule
    hub_degree: int
    truncation_limit: int


@dataclass(frozen=True, slots=True)
class Closed:
    """What was found: by transfer whether it lies on a cycle, and whether it was left out."""

    on_cycle: NDArray[np.bool_]
    left_out: NDArray[np.bool_]


def find(ledger: Ledger, interest: NDArray[np.bool_], limits: Limits) -> Closed:
    """Look for cycles through accounts of interest, given by row of `ledger.accounts`."""
    transfers = ledger.transfers.with_row_index("row")
    stopped = hubs.stop_list(ledger, limits.hub_degree, None) & ~interest
    source, target = (transfers[end].to_numpy() for end in ("source", "target"))
    rows = transfers.filter(pl.Series((source != target) & ~stopped[source] & ~stopped[target]))
    age = pl.int_range(pl.len()).reverse().over("source", "asset")
    newest = rows.select(age < limits.truncation_limit).to_series()
    left_out = np.zeros(len(source), dtype=np.bool_)
    left_out[rows.filter(~newest)["row"].to_numpy()] = True
    near = _near(rows.filter(newest), interest)
    on_cycle = np.zeros(len(source), dtype=np.bool_)
    place = near["row"].to_numpy()
    walks = hops.in_time(near, near["from"].to_numpy(), near["to"].to_numpy(), limits.rule)
    for part in cycles.find(walks, _SHORTEST, _LONGEST):
        for found in part:
            on_cycle[place[np.unique(found)]] = True
    return Closed(on_cycle, left_out)


def _near(rows: pl.DataFrame, interest: NDArray[np.bool_]) -> pl.DataFrame:
    """Transfers inside a strong component with an account of interest; `from`, `to` are nodes."""
    code = rows["asset"].to_physical().to_numpy().astype(np.int64)
    ends = [code * len(interest) + rows[end].to_numpy() for end in ("source", "target")]
    nodes, numbers = np.unique(np.concatenate(ends), return_inverse=True)
    source, target = np.split(numbers, 2)
    following = sparse.csr_array(
        (np.ones(len(source), np.int8), (source, target)), shape=(len(nodes), len(nodes))
    )
    count, group = csgraph.connected_components(following, connection="strong")
    wanted = np.zeros(count, dtype=np.bool_)
    wanted[group[interest[nodes % len(interest)]]] = True
    inside = (group[source] == group[target]) & wanted[group[source]]
    columns = {"from": source.astype(np.int64), "to": target.astype(np.int64)}
    return rows.with_columns(**columns).filter(pl.Series(inside))
