"""Rings of accounts that are walked round and round with like amounts (motif catalogue, 2.5)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher.searches import cycles, hop_table, hops, order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from cypher.reading import Reading
    from cypher.searches.hop_table import HopTable

    Integers = NDArray[np.int64]
    Ring = tuple[int, ...]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Walk:
    """One instance.

    Attributes:
        ring: nodes in the direction of the money, the smallest first.
        rows: of the transfers, from the origin on.
        origin: place of the origin in the ring.
        rounds: how often the ring was walked.
        cut: transfers of the ring that the truncation limit left out.
    """

    ring: Ring
    rows: list[int]
    origin: int
    rounds: int
    cut: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a walk; `tolerance` is the share that amounts may be off their median."""

    least: int
    tolerance: float
    gap_ms: int
    span_ms: int
    allow_same_ledger: bool

    @property
    def ratio(self) -> float:
        """The largest ratio of two amounts within tolerance of one median."""
        return (1 + self.tolerance) / (1 - self.tolerance) if self.tolerance < 1 else np.inf


def rule(bound: Mapping[str, object]) -> Rule:
    """The rule that a motif's parameters make."""
    gap, span = (
        cast("timedelta", bound[name]) // timedelta(milliseconds=1)
        for name in ("max_gap", "window")
    )
    return Rule(
        cast("int", bound["min_rounds"]),
        cast("float", bound["tolerance"]),
        gap,
        span,
        bool(bound["allow_same_ledger"]),
    )


def read(reading: Reading, network: str, bound: Mapping[str, object]) -> tuple[HopTable, Integers]:
    """The latest transfers of pairs that have enough; and how many others their pair has."""
    limits = hop_table.Limits.of_hubs(bound)
    table = hop_table.transfers(reading, network, bound, limits)
    least, limit = cast("int", bound["min_rounds"]), cast("int | None", bound["truncation_limit"])
    pair = ["source_node", "target_node"]
    rows = table.rows.with_columns(
        source_node=pl.Series(table.source), target_node=pl.Series(table.target)
    ).with_columns(ratio_amount=pl.col("amount"))
    rows = rows.filter(pl.col("amount") > 0).filter(pl.len().over(pair) >= least)
    place = pl.int_range(pl.len(), 0, -1).over(pair)
    rows = rows.with_columns(cut=pl.len().over(pair).cast(pl.Int64))
    if limit is None:
        rows = rows.with_columns(cut=pl.lit(0, pl.Int64))
    else:
        rows = rows.filter(place <= limit).with_columns(cut=(pl.col("cut") - limit).clip(0))
    source, target = (rows[end].to_numpy() for end in pair)
    return replace(table, rows=rows, source=source, target=target), rows["cut"].to_numpy()


def find(table: HopTable, cut: Integers, lengths: tuple[int, int], wanted: Rule) -> list[Walk]:
    """Walks of rings of so many accounts, of each ring such as share no transfer."""
    found = []
    rings = _rings(table, lengths, wanted)
    legs = _legs(table, {pair for ring in rings for pair in _pairs(ring)})
    facts = _Facts.of(table)
    for ring, starts in rings.items():
        slots = {row: slot for slot, pair in enumerate(_pairs(ring)) for row in legs[pair]}
        past = sum(int(cut[legs[pair][0]]) for pair in _pairs(ring) if legs[pair])
        walks = [
            facts.walk(len(ring), slots, start, wanted, close=close)
            for start in sorted(starts)
            for close in (False, True)
        ]
        taken: set[int] = set()
        for rows in sorted(filter(None, walks), key=lambda rows: (-len(rows), rows[0])):
            if taken.isdisjoint(rows):
                taken.update(rows)
                found.append(Walk(ring, rows, slots[rows[0]], len(rows) // len(ring), past))
    return found


def _rings(table: HopTable, lengths: tuple[int, int], wanted: Rule) -> dict[Ring, set[int]]:
    """Rings walked once in time with like amounts, and the transfers that such walks begin with."""
    ratio = wanted.ratio * (1 + _ROUNDING)
    once = hops.in_time(
        table.rows,
        table.source,
        table.target,
        hops.Rule(wanted.gap_ms, wanted.span_ms, (ratio**-2, ratio**2), wanted.allow_same_ledger),
    )
    amount = table.rows["amount"].to_numpy()
    rings: dict[Ring, set[int]] = defaultdict(set)
    for rows in chain.from_iterable(cycles.find(once, *lengths)):
        moved = amount[rows]
        share = moved / moved[:, :1]
        like = rows[((share <= ratio) & (share * ratio >= 1)).all(axis=1)]
        nodes = table.source[like]
        first = nodes.argmin(axis=1)[:, None]
        turned = np.take_along_axis(
            nodes, (np.arange(nodes.shape[1]) + first) % max(1, nodes.shape[1]), axis=1
        )
        for ring, start in zip(map(tuple, turned.tolist()), like[:, 0].tolist(), strict=True):
            rings[ring].add(start)
    return rings


def _pairs(ring: Ring) -> list[tuple[int, int]]:
    return list(zip(ring, (*ring[1:], ring[0]), strict=True))


def _legs(table: HopTable, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
    """Rows of some pairs of nodes, in time order."""
    wanted = pl.DataFrame(list(pairs), schema={"s": pl.Int64, "t": pl.Int64}, orient="row")
    rows = pl.DataFrame({"s": table.source, "t": table.target}).with_row_index("row")
    held = rows.join(wanted, on=["s", "t"], how="semi").group_by("s", "t").agg("row")
    return {(s, t): sorted(row) for s, t, row in held.iter_rows()}


@dataclass(frozen=True, slots=True)
class _Facts:
    """Columns of the transfers as lists: a walk looks at few of them, one by one."""

    ts: list[int]
    place: list[int]
    block: list[int]
    unordered: list[bool]
    amount: list[float]

    @classmethod
    def of(cls, table: HopTable) -> _Facts:
        rows = table.rows
        return cls(
            rows["ts"].to_list(),
            order.places(rows).tolist(),
            order.blocks(rows).tolist(),
            rows["unordered"].to_list(),
            rows["amount"].to_list(),
        )

    def walk(
        self, length: int, slots: Mapping[int, int], start: int, wanted: Rule, *, close: bool
    ) -> list[int] | None:
        """Whole rounds from a transfer on, each time the next that may follow; None if too few.

        A walk takes amounts that may have a median in common with the first, a close one those
        that are within tolerance of the first itself, so that other payments do not spoil it.
        """
        walk, first = [start], self.amount[start]
        low, high = 1 - wanted.tolerance, 1 + wanted.tolerance
        for row in sorted(row for row in slots if row > start):
            last = walk[-1]
            if self.ts[row] - self.ts[start] > wanted.span_ms:
                break
            amount = self.amount[row]
            if (
                slots[row] == (slots[last] + 1) % length
                and self.ts[row] - self.ts[last] <= wanted.gap_ms
                and (
                    abs(amount - first) <= wanted.tolerance * first
                    if close
                    else amount * low <= first * high and first * low <= amount * high
                )
                and self.place[last] < self.place[row]
                and (
                    wanted.allow_same_ledger
                    or self.block[last] != self.block[row]
                    or not (self.unordered[last] or self.unordered[row])
                )
            ):
                walk.append(row)
        rounds = len(walk) // length
        hops = walk[: rounds * length]
        return hops if rounds >= wanted.least and self._even(length, slots, hops, wanted) else None

    def _even(self, length: int, slots: Mapping[int, int], hops: list[int], wanted: Rule) -> bool:
        """Whether amounts are near their median, and members get about what they send."""
        moved = np.array([self.amount[row] for row in hops])
        median = float(np.median(moved))
        if (np.abs(moved - median) > wanted.tolerance * median).any():
            return False
        sent = np.bincount([slots[row] for row in hops], moved, minlength=length)
        got = np.roll(sent, 1)
        return bool((np.abs(got - sent) <= wanted.tolerance * (got + sent)).all())
