"""Money that an account passes on: which outgoing transfer answers which incoming one.

`following` finds, for transfers into accounts that may be passed through, the next transfers out;
`pair` matches them one to one, the shortest stay first. A transfer is a row of the ledger's frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher.searches import conserve, order
from cypher.searches.ranges import spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rule:
    """What may follow a transfer.

    Attributes:
        gap_ms: the longest stay.
        band: least and largest ratio of the amounts, None for any.
        truncation_limit: transfers out looked at for each transfer in, the next ones in time.
        allow_same_ledger: whether the order inside a ledger counts where it is not known.
    """

    gap_ms: int
    band: tuple[float, float] | None
    truncation_limit: int
    allow_same_ledger: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """Pairs of rows, `after` a transfer out of the account that `before` reached.

    Attributes:
        before: rows of transfers in.
        after: rows of transfers out.
        cut: by row, transfers out that the truncation limit left out.
    """

    before: Integers
    after: Integers
    cut: Integers


def rule(bound: Mapping[str, object]) -> Rule:
    """The rule that a motif's parameters make."""
    return Rule(
        cast("timedelta", bound["max_dwell"]) // timedelta(milliseconds=1),
        (cast("float", bound["retention_min"]), cast("float", bound["retention_max"])),
        cast("int", bound["truncation_limit"]),
        allow_same_ledger=bool(bound["allow_same_ledger"]),
    )


def following(
    transfers: pl.DataFrame, passable: NDArray[np.bool_], least: float, wanted: Rule
) -> Steps:
    """The next transfers out of an account after each transfer in, in the same asset.

    Transfers to oneself, below `least` whole units or without exact amount take no part, nor do
    pairs that go back where the money came from.

    Args:
        transfers: of a Ledger, with amount_base.
        passable: by account.
        least: whole units.
        wanted: what may follow.
    """
    source, target, ts = (transfers[c].to_numpy() for c in ("source", "target", "ts"))
    place, block = order.places(transfers), order.blocks(transfers)
    unordered = transfers["unordered"].to_numpy()
    asset = transfers["asset"].to_physical().to_numpy().astype(np.int64)
    usable = usable_rows(transfers, least)
    many = int(asset.max(initial=0)) + 1
    groups, out_group = np.unique(source.astype(np.int64) * many + asset, return_inverse=True)
    goal = target.astype(np.int64) * many + asset
    in_group = np.minimum(np.searchsorted(groups, goal), max(0, len(groups) - 1))
    span = int(place.max(initial=0)) + 2
    outs = np.flatnonzero(usable & passable[source])
    key = out_group[outs] * span + place[outs]
    outs = outs[np.argsort(key, kind="stable")]
    key = np.sort(key, kind="stable")
    known = groups[in_group] == goal if len(groups) else np.zeros(0, dtype=np.bool_)
    ins = np.flatnonzero(usable & passable[target] & known)
    last = np.append(place, span)[np.searchsorted(ts, ts[ins] + wanted.gap_ms, "right")]
    low = np.searchsorted(key, in_group[ins] * span + place[ins], "right")
    high = np.searchsorted(key, in_group[ins] * span + last, "left")
    count = np.maximum(high - low, 0)
    cut = np.zeros(len(source), dtype=np.int64)
    cut[ins] = np.maximum(count - wanted.truncation_limit, 0)
    which, found = spread(low, low + np.minimum(count, wanted.truncation_limit))
    before, after = ins[which], outs[found]
    keep = target[after] != source[before]
    if not wanted.allow_same_ledger:
        keep &= order.told_apart(block, unordered, before, after)
    if wanted.band is not None:
        keep &= conserving(transfers, before, after, wanted.band)
    return Steps(before[keep], after[keep], cut)


def usable_rows(transfers: pl.DataFrame, least: float) -> NDArray[np.bool_]:
    """Rows that move a known amount of at least `least` whole units to somebody else."""
    return transfers.select(
        (pl.col("source") != pl.col("target"))
        & pl.col("amount_base").is_not_null()
        & (pl.col("amount").fill_null(0.0) >= least)
    )["source"].to_numpy()


def conserving(
    transfers: pl.DataFrame, before: Integers, after: Integers, band: tuple[float, float]
) -> NDArray[np.bool_]:
    """Whether amounts after amounts lie in the band, exactly."""
    text = transfers["amount_base"]
    value = text.cast(pl.Float64).fill_null(0.0).to_numpy()
    kept = conserve.likely(value, band, before, after)
    rows = np.flatnonzero(kept)
    kept[rows] = conserve.in_band(text.gather(before[rows]), text.gather(after[rows]), *band)
    return kept


def pair(steps: Steps, ts: Integers) -> tuple[Integers, Integers]:
    """Match transfers in and out one to one, the shortest stay first, then the earlier rows.

    A pair that is the best both for its transfer in and for its transfer out is what the greedy
    order takes before any other of the two: all such pairs are taken at once, round by round.
    """
    best = np.lexsort((steps.after, steps.before, ts[steps.after] - ts[steps.before]))
    before, after = steps.before[best], steps.after[best]
    free_in = free_out = np.ones(len(ts), dtype=np.bool_)
    free_in, free_out = free_in.copy(), free_out.copy()
    chosen: list[tuple[Integers, Integers]] = []
    while len(before):
        first_in = np.zeros(len(before), dtype=np.bool_)
        first_in[np.unique(before, return_index=True)[1]] = True
        first_out = np.zeros(len(before), dtype=np.bool_)
        first_out[np.unique(after, return_index=True)[1]] = True
        taken = first_in & first_out
        chosen.append((before[taken], after[taken]))
        free_in[before[taken]] = False
        free_out[after[taken]] = False
        left = free_in[before] & free_out[after]
        before, after = before[left], after[left]
    if not chosen:
        return before, after
    ins, outs = (np.concatenate(rows) for rows in zip(*chosen, strict=True))
    by_time = np.argsort(ins)
    return ins[by_time], outs[by_time]
