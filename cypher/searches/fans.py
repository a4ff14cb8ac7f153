"""Windows of stars: ranges of a centre's legs that hold enough leaves, and what answers them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from cypher.searches import order
from cypher.searches.conserve import SLACK
from cypher.searches.fan_table import added
from cypher.searches.ranges import spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cypher.searches.fan_table import FanTable, Flags, Floats, Integers

PART = 4_000_000
"""Legs looked at at once."""
ENDS: tuple[Literal["left"], Literal["right"]] = ("left", "right")
_LOOSE, _ROUNDING = 1e-6, 1e-12


@dataclass(frozen=True, slots=True)
class Windows:
    """Ranges of legs [first, end), with what was counted in them.

    Attributes:
        first, end: places of legs.
        leaves: distinct accounts at the legs' other ends.
        held: whole units that the legs moved, NaN where one is unknown.
    """

    first: Integers
    end: Integers
    leaves: Integers
    held: Floats

    def take(self, rows: Flags) -> Windows:
        """Those of the windows."""
        return Windows(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Answers:
    """For every leg, the answers that may follow it (precede it, where legs lead outwards).

    Attributes:
        low, high: range of answers of other ledgers.
        leg, place: answers of the same ledger, one by one, by leg.
    """

    low: Integers
    high: Integers
    leg: Integers
    place: Integers

    def of(self, legs: Integers) -> tuple[Integers, Integers]:
        """The answers of some legs in time order, each with the place of its leg among them."""
        which, place = spread(self.low[legs], self.high[legs])
        start, stop = (np.searchsorted(self.leg, legs, end) for end in ENDS)
        same, pair = spread(start, stop)
        which, place = np.append(which, same), np.append(place, self.place[pair])
        order = np.lexsort((place, which))
        return which[order], place[order]


def milliseconds(span: object) -> int:
    """A duration parameter."""
    return cast("timedelta", span) // timedelta(milliseconds=1)


def answers(table: FanTable, bound: Mapping[str, object]) -> Answers:
    """What each leg is answered by within max_gap."""
    gap = milliseconds(bound["max_gap"])
    transfers = table.ledger.transfers
    block = order.blocks(transfers)
    rows, group = table.legs.row, table.legs.group
    from_row, to_row = (np.searchsorted(block, block[rows], end) for end in ENDS)
    low, high = (table.at(table.answers, group, row) for row in (from_row, to_row))
    leg, place = spread(low, high)
    one, two = rows[leg], table.answers.row[place]
    number, unordered = transfers["ord"].to_numpy(), transfers["unordered"].to_numpy()
    later = number[two] > number[one] if table.side.inward else number[two] < number[one]
    loose = unordered[one] | unordered[two]
    keep = np.where(loose, bool(bound["allow_same_ledger"]), later)
    if table.side.inward:
        low, high = high, table.at(table.answers, group, table.when(table.ts + gap, "right"))
    else:
        low, high = table.at(table.answers, group, table.when(table.ts - gap)), low
    return Answers(low, np.maximum(low, high), leg[keep], place[keep])


def find(table: FanTable, bound: Mapping[str, object], near: Answers | None) -> Windows:
    """The windows that keep the rule and share no leg, the longest first.

    Args:
        table: a network's stars.
        bound: the motif's parameters.
        near: for the conserving variant.
    """
    made = _in_time(table, bound)
    if near is not None:
        made = chain(made, _conserving(table, bound, near))
    found = [
        _measured(table, bound, first[part], end[part], near)
        for first, end in made
        for part in parts(end - first)
    ]
    every = Windows(*(
        np.concatenate([getattr(part, field.name) for part in found], dtype=kind)
        if found else np.zeros(0, dtype=kind)
        for field, kind in zip(fields(Windows), (np.int64, np.int64, np.int64, float), strict=True)
    ))  # fmt: skip
    return every.take(_apart(every, len(table.ts)))


def _in_time(table: FanTable, bound: Mapping[str, object]) -> Iterator[tuple[Integers, Integers]]:
    """Maximal windows."""
    span, least = milliseconds(bound["window"]), cast("int", bound[table.side.least])
    first = np.arange(len(table.ts))
    end = table.at(table.legs, table.legs.group, table.when(table.ts + span, "right"))
    wider = (first > table.start) & (table.ts[first - 1] + span >= table.ts[end - 1])
    keep = ~wider & (end - first >= least)
    yield first[keep], end[keep]


def _conserving(
    table: FanTable, bound: Mapping[str, object], near: Answers
) -> Iterator[tuple[Integers, Integers]]:
    """Windows that end where the centre begins to send on, or begin after it was paid.

    Maximal ones come from `_in_time`.
    """
    span, least = milliseconds(bound["window"]), cast("int", bound[table.side.least])
    legs, group, ts = np.arange(len(table.ts)), table.legs.group, table.ts
    if not len(legs):
        return
    which, place = near.of(legs)
    amount = added(which, table.answers.amount[place], len(legs))
    moment = table.ledger.transfers["ts"].to_numpy()[table.answers.row[place]]
    edge = np.full(
        len(legs), np.iinfo(np.int64).max if table.side.inward else np.iinfo(np.int64).min
    )
    np.minimum.at(edge, which, moment) if table.side.inward else np.maximum.at(edge, which, moment)
    there = np.bincount(which, minlength=len(legs)) > 0
    if table.side.inward:
        there &= (legs + 1 == table.stop) | (edge <= ts[np.minimum(legs + 1, len(legs) - 1)])
        low, high = table.at(table.legs, group, table.when(ts - span)), legs + 2 - least
    else:
        there &= (legs == table.start) | (edge >= ts[legs - 1])
        last = table.at(table.legs, group, table.when(ts + span, "right"))
        low, high = legs + least, last + 1
    anchors = np.flatnonzero(there & (high > low))
    for part in parts((high - low)[anchors]):
        some = anchors[part]
        which, place = spread(low[some], high[some])
        first, end = (place, some[which] + 1) if table.side.inward else (some[which], place)
        if not bound[table.side.fresh]:
            keep = _likely(table, bound, first, end, amount[some[which]])
            first, end = first[keep], end[keep]
        yield first, end


def _likely(
    table: FanTable,
    bound: Mapping[str, object],
    first: Integers,
    end: Integers,
    passed: Floats,
) -> Flags:
    """Windows whose sums may lie in the band: running sums of floats are not exact."""
    total = table.legs.sums[end - 1]
    before = np.where(first > table.start[first], table.legs.sums[first - 1], 0.0)
    got, gave = (total - before, passed) if table.side.inward else (passed, total - before)
    low, high = (cast("float", bound[name]) for name in ("retention_min", "retention_max"))
    slack = _ROUNDING * (total + passed)
    return (gave >= (low - _LOOSE) * got - slack) & (gave <= (high + _LOOSE) * got + slack)


def parts(sizes: Integers, most: int = PART) -> Iterator[slice]:
    """Slices of about `most` in all."""
    marks = np.cumsum(sizes) // most
    ends = np.append(np.flatnonzero(np.diff(marks)) + 1, len(sizes))
    start = 0
    for end in map(int, ends):
        if end > start:
            yield slice(start, end)
        start = end


def held_legs(
    table: FanTable, bound: Mapping[str, object], first: Integers, end: Integers
) -> tuple[Integers, Integers]:
    """The legs of windows, each with its window: of all leaves, or only of new ones."""
    window, leg = spread(first, end)
    if bound[table.side.fresh]:
        new = table.contact[leg] >= table.ts[first][window]
        window, leg = window[new], leg[new]
    return window, leg


def _measured(
    table: FanTable,
    bound: Mapping[str, object],
    first: Integers,
    end: Integers,
    near: Answers | None,
) -> Windows:
    """The windows that hold enough leaves and keep every other condition."""
    window, leg = held_legs(table, bound, first, end)
    count, amount = len(first), table.legs.amount[leg]
    new = table.legs.previous[leg] < first[window]
    leaves = np.bincount(window[new], minlength=count)
    keep = leaves >= cast("int", bound[table.side.least])
    if bound["max_cv"] is not None:
        keep &= _spread_of(window, amount, count) <= cast("float", bound["max_cv"])
    found = Windows(first, end, leaves, added(window, amount, count)).take(keep)
    if bound["max_other"] is not None:
        found = found.take(_others(table, bound, found))
    return found if near is None else found.take(_exact(table, bound, found, near))


def _spread_of(window: Integers, amount: Floats, count: int) -> Floats:
    """Coefficient of variation of the known amounts of each window."""
    known = ~np.isnan(amount)
    window, amount = window[known], amount[known]
    with np.errstate(invalid="ignore", divide="ignore"):
        many = np.bincount(window, minlength=count)
        mean = added(window, amount, count) / many
        squares = added(window, (amount - mean[window]) ** 2, count)
        return np.sqrt(squares / many) / mean


def _others(table: FanTable, bound: Mapping[str, object], found: Windows) -> Flags:
    """Whether the centre had few counterparties on its other side meanwhile."""
    gap, most = milliseconds(bound["max_gap"]), cast("int", bound["max_other"])
    began, ended = table.ts[found.first], table.ts[found.end - 1]
    began, ended = (began, ended + gap) if table.side.inward else (began - gap, ended)
    group = table.legs.group[found.first]
    low = table.at(table.answers, group, table.when(began))
    high = table.at(table.answers, group, table.when(ended, "right"))
    few = high - low <= most
    for part in parts(np.where(few, 0, high - low)):
        many = np.arange(len(few))[part]
        many = many[~few[many]]
        which, place = spread(low[many], high[many])
        new = table.answers.previous[place] < low[many][which]
        few[many] = np.bincount(which[new], minlength=len(many)) <= most
    return few


def _exact(table: FanTable, bound: Mapping[str, object], found: Windows, near: Answers) -> Flags:
    """Whether the sums lie in the band; floats decide away from its ends, base units near them."""
    anchor = found.end - 1 if table.side.inward else found.first
    which, place = near.of(anchor)
    passed = added(which, table.answers.amount[place], len(anchor))
    got, gave = (found.held, passed) if table.side.inward else (passed, found.held)
    inside, doubtful = (got > 0) & (passed > 0), np.zeros(len(anchor), dtype=np.bool_)
    names = ("retention_min", "retention_max")
    for name, sign in zip(names, (1, -1), strict=True):
        over = gave - cast("float", bound[name]) * got
        doubtful |= np.abs(over) <= SLACK * got
        inside &= (over * sign > 0) | (np.abs(over) <= SLACK * got)
    rows = np.flatnonzero(inside & doubtful)
    low, high = (Fraction(round(1e6 * cast("float", bound[name])), 10**6) for name in names)
    legs = held_legs(table, bound, found.first[rows], found.end[rows])
    held = _sums(table, table.legs.row[legs[1]], legs[0], len(rows))
    which, place = near.of(anchor[rows])
    sent = _sums(table, table.answers.row[place], which, len(rows))
    pairs = zip(held, sent, strict=True) if table.side.inward else zip(sent, held, strict=True)
    inside[rows] = [low * one <= two <= high * one for one, two in pairs]
    return inside


def _sums(table: FanTable, row: Integers, window: Integers, count: int) -> list[Fraction]:
    """Sums of base units by window."""
    rows, place = np.unique(row, return_inverse=True)
    texts = table.ledger.transfers["amount_base"].gather(rows)
    values = [int(text) if text.isdigit() else Fraction(text) for text in texts]
    ends = np.searchsorted(window, np.arange(count + 1))
    return [
        Fraction(sum(values[n] for n in place[start:end].tolist()))
        for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]


def _apart(found: Windows, legs: int) -> Flags:
    """Windows taken one after the other, the longest and then the earliest first.

    A window that shares a leg with one taken before, which is not shorter, shares its own first or
    last leg with it.
    """
    taken, covered = np.zeros(len(found.first), dtype=np.bool_), bytearray(legs)
    order = np.lexsort((found.end, found.first, found.first - found.end))
    first, end = found.first[order].tolist(), found.end[order].tolist()
    for number, low, high in zip(order.tolist(), first, end, strict=True):
        if not covered[low] and not covered[high - 1]:
            covered[low:high] = b"\1" * (high - low)
            taken[number] = True
    return taken
