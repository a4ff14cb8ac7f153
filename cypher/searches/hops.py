"""What makes one hop of a walk follow another: order in time and amounts, or only direction.

`in_time` is section 1.3 and 1.4 of the motif catalogue: a transfer is later than another when its
(ts, ledger, ord) is larger; where the order inside a ledger is unknown for either of them only a
larger (ts, ledger) counts, unless `allow_same_ledger`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cypher.searches import conserve, order
from cypher.searches.cycles import Hops, Integers, Range

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl
    from numpy.typing import NDArray

    Pairwise = Callable[[Integers, Integers], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Rule:
    """How transfers follow each other; `band` is the least and the largest ratio of amounts."""

    gap_ms: int
    window_ms: int
    band: tuple[float, float] | None = None
    allow_same_ledger: bool = False


def in_time(transfers: pl.DataFrame, source: Integers, target: Integers, rule: Rule) -> Hops:
    """Hops that follow each other in time, and in amount where the rule has a band.

    Args:
        transfers: sorted by time, ledger and order; with `ratio_amount` where there is a band.
        source: nodes the transfers leave.
        target: nodes they reach.
        rule: what may follow.
    """
    ts = transfers["ts"].to_numpy()
    place = order.places(transfers)
    ends = np.append(place, place[-1:] + 1)  # the place where a search beyond the end arrives
    gap_high = ends[np.searchsorted(ts, ts + rule.gap_ms, "right")] - 1
    gap_low = ends[np.searchsorted(ts, ts - rule.gap_ms, "left")]
    window_high = ends[np.searchsorted(ts, ts + rule.window_ms, "right")] - 1
    window_low = ends[np.searchsorted(ts, ts - rule.window_ms, "left")]

    def after(walks: list[Integers]) -> Range:
        last = walks[-1]
        return place[last] + 1, np.minimum(gap_high[last], window_high[walks[0]])

    def before(walks: list[Integers]) -> Range:
        first = walks[0]
        return np.maximum(gap_low[first], window_low[walks[-1]]), place[first] - 1

    def closes(first: Integers, last: Integers) -> NDArray[np.bool_]:
        return np.asarray(ts[last] - ts[first] <= rule.window_ms)

    tests: list[Pairwise] = []
    if not rule.allow_same_ledger and transfers["unordered"].any():
        block = order.blocks(transfers)
        tests.append(partial(order.told_apart, block, transfers["unordered"].to_numpy()))
    if rule.band is not None:
        amount = transfers["ratio_amount"].fill_null(np.nan).to_numpy()
        tests.append(partial(conserve.likely, amount, rule.band))
    return Hops(
        source,
        target,
        place,
        place,
        after=after,
        before=before,
        joining=after,
        follows=partial(_all, tests),
        opens=_any,
        closes=closes,
    )


def in_shape(source: Integers, target: Integers, fit: Pairwise | None = None) -> Hops:
    """Hops that need only meet; a walk begins in the node whose number is smallest.

    Args:
        source: nodes the edges leave.
        target: nodes they reach.
        fit: which edges may be hops of one walk; asked of neighbours only.
    """
    last = int(max(source.max(initial=0), target.max(initial=0)))

    def beyond(anchor: Integers) -> Range:
        return anchor + 1, np.full(len(anchor), last)

    return Hops(
        source,
        target,
        target,
        source,
        after=lambda walks: beyond(source[walks[0]]),
        before=lambda walks: beyond(target[walks[-1]]),
        joining=lambda walks: (np.zeros_like(walks[0]), np.full(len(walks[0]), last)),
        follows=fit or _any,
        opens=lambda anchor, other: other > anchor,
        closes=fit or _any,
    )


def _all(
    tests: list[Pairwise],
    first: Integers,
    second: Integers,
) -> NDArray[np.bool_]:
    keep = np.ones(len(first), dtype=np.bool_)
    for test in tests:
        keep &= test(first, second)
    return keep


def _any(first: Integers, second: Integers) -> NDArray[np.bool_]:  # noqa: ARG001
    return np.ones(len(first), dtype=np.bool_)
