"""The stop list of motif kernels: accounts that a pattern does not pass through.

Infrastructure, pseudo accounts, and hubs: accounts with more than `hub_degree` distinct
counterparties in the range, over all assets; or, in a network of at least 10,000 accounts, those
with at least 50 that lie above the `hub_percentile` of all degrees (the smallest degree that at
least this share of the accounts does not exceed). Queries say the same in Cypher.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cypher.ledger import Ledger

PERCENTILE_ACCOUNTS = 10_000
PERCENTILE_DEGREE = 50


def degrees(ledger: Ledger) -> NDArray[np.int64]:
    """Distinct counterparties of every account, to and from, itself left out."""
    count = ledger.accounts.height
    source = ledger.transfers["source"].to_numpy().astype(np.int64)
    target = ledger.transfers["target"].to_numpy().astype(np.int64)
    pairs = np.unique(np.minimum(source, target) * count + np.maximum(source, target))
    first, second = np.divmod(pairs, max(count, 1))
    apart = first != second
    ends = np.concatenate([first[apart], second[apart]])
    return np.bincount(ends, minlength=count)


def stop_list(
    ledger: Ledger, hub_degree: int | None, hub_percentile: float | None
) -> NDArray[np.bool_]:
    """Which accounts no pattern passes through, by row of `ledger.accounts`.

    Args:
        ledger: the range's transfers of every asset.
        hub_degree: None draws no line.
        hub_percentile: in [0, 1]; None draws no line.
    """
    stopped = (ledger.accounts["infra"] | ledger.accounts["pseudo"]).to_numpy().copy()
    if hub_degree is None and hub_percentile is None:
        return stopped
    degree = degrees(ledger)
    if hub_degree is not None:
        stopped |= degree > hub_degree
    if hub_percentile is not None and len(degree) >= PERCENTILE_ACCOUNTS:
        rank = min(max(ceil(hub_percentile * len(degree)), 1), len(degree))
        mark = np.partition(degree, rank - 1)[rank - 1]
        stopped |= (degree > mark) & (degree >= PERCENTILE_DEGREE)
    return stopped
