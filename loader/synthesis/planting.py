"""Finds a place in a ledger for shapes: existing ledgers, ordinary accounts, real amounts.

Every planted transfer has a model, a clean transfer of the same ledger, so that planted ones follow
the rhythm of the ledger and whatever else is in a row comes from a real one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.errors import InputError
from loader.synthesis.typology import Draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loader.synthesis.clean_ledger import CleanLedger
    from loader.synthesis.typology import Shape, Wish

    Integers = NDArray[np.int64]

_TRIES = 40
_NEAR = 5
_LONGEST_SHARE = 0.6
"""The longest part of the ledger's time that one pattern may take."""
_ORDINARY = (3, 9)
"""Ordinary transfers of a new account."""


@dataclass(slots=True)
class Planted:
    """A pattern and what its members do besides.

    Attributes:
        members: account by slot; numbers beyond the ledger's accounts are new ones.
        legs: the pattern's transfers, as rows of `Planting`.
        ordinary: rows of `Planting` that only keep the members company.
    """

    name: str
    is_hard_negative: bool
    roles: list[str]
    members: list[int]
    legs: list[int] = field(default_factory=list)
    ordinary: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Planting:
    """All planted transfers, as columns; `model` is the clean transfer that each follows."""

    model: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    asset: list[int] = field(default_factory=list)
    amount: list[float] = field(default_factory=list)
    patterns: list[Planted] = field(default_factory=list)

    def add(self, model: int, ends: tuple[int, int], asset: int, amount: float) -> int:
        """Add a transfer and return its row."""
        self.model.append(model)
        self.source.append(ends[0])
        self.target.append(ends[1])
        self.asset.append(asset)
        self.amount.append(amount)
        return len(self.model) - 1


class Planter:
    """Plants patterns into one ledger.

    Args:
        ledger: the clean one.
        rng: everything is drawn from it.
        reuse_share: least share of a pattern's members that exist already.
        camouflage: ordinary transfers per transfer of a pattern.
    """

    def __init__(
        self,
        ledger: CleanLedger,
        rng: np.random.Generator,
        *,
        reuse_share: float,
        camouflage: float,
    ) -> None:
        self.ledger, self.rng = ledger, rng
        self.reuse_share, self.camouflage = reuse_share, camouflage
        self.planting = Planting()
        self.accounts = len(ledger.accounts)
        self._busy = np.zeros(self.accounts, bool)
        self._new: dict[int, int] = {}
        self._amounts: dict[int, NDArray[np.float64]] = {}
        ordinary = np.flatnonzero(~ledger.is_hub)
        self._ordinary_ones = ordinary[np.argsort(ledger.first_row[ordinary], kind="stable")]
        quiet = max(4.0, float(np.quantile(ledger.degree, 0.5)))
        few = ledger.degree[self._ordinary_ones] <= quiet
        self._quiet_ones = self._ordinary_ones[few]
        hubs = np.flatnonzero(ledger.is_hub)
        self._hubs = hubs if len(hubs) else np.argsort(ledger.degree, kind="stable")[-5:]

    @property
    def new(self) -> int:
        """How many accounts were invented."""
        return len(self._new)

    def plant(self, wish: Wish, when: float) -> None:
        """Plant one pattern of a wish.

        Args:
            wish: of which one pattern is made.
            when: where in the ledger, from 0 for its first transfer to 1 for its last.

        Raises:
            InputError: the ledger is too small for it.
        """
        asset = int(self.ledger.asset[self.rng.integers(len(self.ledger.ts))])
        amounts = self._within(asset, wish.amounts)
        typology = wish.typology
        shape = typology.shape(Draw(self.rng, wish.accounts, amounts, wish.values))
        models = self._models(shape, wish, when)
        members = self._members(shape, models)
        pattern = Planted(wish.name, typology.is_hard_negative, shape.roles, members)
        for leg, model in zip(shape.legs, models, strict=True):
            ends = (members[leg.source], members[leg.target])
            pattern.legs.append(self.planting.add(model, ends, asset, leg.amount))
        self._let_new_ones_live(pattern, shape, models)
        self._camouflage(pattern, shape, models)
        self.planting.patterns.append(pattern)

    def _within(self, asset: int, bounds: tuple[float | None, float | None]) -> NDArray[np.float64]:
        if asset not in self._amounts:
            self._amounts[asset] = self.ledger.amounts_of(asset)
        amounts = self._amounts[asset]
        low, high = bounds
        if low is None and high is None:
            return amounts
        inside = amounts[
            (amounts >= (low if low is not None else 0))
            & (amounts <= (high if high is not None else np.inf))
        ]
        if len(inside):
            return inside
        # No real amount is within the bounds that were asked for: any between them will do.
        first = low if low is not None else amounts[0]
        last = high if high is not None else max(first, amounts[-1])
        return np.sort(self.rng.uniform(min(first, last), last, 100))

    def _models(self, shape: Shape, wish: Wish, when: float) -> list[int]:
        """A clean transfer to follow for every leg; stages in strictly later ledgers."""
        ledger, rng = self.ledger, self.rng
        stages = np.array([leg.stage for leg in shape.legs])
        low, high = self._span(shape, wish, when)
        last = int(stages.max()) + 1
        place = rng.random(len(stages))
        begin, length = ledger.ts[low], float(ledger.ts[high - 1] - ledger.ts[low])
        share = (stages + place) / last
        if wish.schedule == 0:
            share = np.argsort(np.argsort(share, kind="stable")) / max(1, len(share) - 1)
            at = np.searchsorted(ledger.ts, begin + share * length)
        elif wish.schedule == 2:  # noqa: PLR2004 - at random, as AMLSim counts
            at = rng.integers(low, high, len(stages))
        elif shape.longest is None and shape.batch is None:
            at = low + (share * (high - low)).astype(np.int64)
        else:
            # A stage has its share of the time, and inside it legs follow the rhythm again.
            width = length / last
            opening = begin + stages * width
            closing = opening + min(width, (shape.batch or np.inf) / 1e-3)
            first = np.searchsorted(ledger.ts, opening)
            after = np.searchsorted(ledger.ts, closing)
            at = first + (place * np.maximum(after - first, 1)).astype(np.int64)
        moments = ledger.moment[np.clip(at, 0, len(ledger.ts) - 1)]
        if wish.schedule != 2:  # noqa: PLR2004 - the same
            moments = self._in_order(moments, stages)
        start = ledger.moment_start
        count = start[moments + 1] - start[moments]
        return [int(row) for row in start[moments] + (rng.random(len(moments)) * count).astype(int)]

    def _span(self, shape: Shape, wish: Wish, when: float) -> tuple[int, int]:
        """The rows in which a pattern takes place: around a row, so they follow the rhythm."""
        ts, rng = self.ledger.ts, self.rng
        period = min(rng.uniform(*wish.seconds), shape.longest or np.inf) * 1_000
        period = min(period, _LONGEST_SHARE * float(ts[-1] - ts[0]))
        anchor = ts[int(when * (len(ts) - 1))] - rng.random() * period
        begin = float(np.clip(anchor, ts[0], ts[-1] - period))
        low = int(np.searchsorted(ts, begin))
        high = int(np.searchsorted(ts, begin + period, side="right"))
        return min(low, len(ts) - 1), max(high, low + 1)

    def _in_order(self, moments: Integers, stages: Integers) -> Integers:
        """Move what is needed to have every stage after the one before, inside the ledger."""
        last = int(self.ledger.moment[-1])
        order = np.unique(stages)
        if len(order) > last + 1:
            raise InputError(
                f"The ledger has only {last + 1} moments, and a pattern needs {len(order)}."
            )
        moments = moments.copy()
        floor = 0
        for stage in order:
            at = stages == stage
            moments[at] = np.maximum(moments[at], floor)
            floor = int(moments[at].max()) + 1
        ceiling = last
        for stage in order[::-1]:
            at = stages == stage
            moments[at] = np.minimum(moments[at], ceiling)
            ceiling = int(moments[at].min()) - 1
        return moments

    def _members(self, shape: Shape, models: list[int]) -> list[int]:
        """Accounts for the slots: mostly such as had been there before."""
        slots = len(shape.roles)
        allowed = int((1 - self.reuse_share) * slots + 1e-9)
        fresh = sorted(shape.fresh)[:allowed]
        spare = [s for s in range(slots) if s not in shape.fresh | shape.hubs | shape.quiet]
        if not shape.fresh and allowed and spare:
            # Not every pattern has new members, else having one would tell.
            take = int(self.rng.integers(0, min(allowed, len(spare)) + 1))
            fresh = sorted(int(s) for s in self.rng.choice(spare, take, replace=False))
        members: list[int] = [-1] * slots
        taken: set[int] = set()
        for slot in range(slots):
            if slot in fresh:
                members[slot] = self.accounts + len(self._new)
                self._new[members[slot]] = min(models)
                continue
            unborn = self._unborn(max(models), taken) if slot in shape.fresh else None
            members[slot] = (
                self._existing(shape, slot, models, taken, members) if unborn is None else unborn
            )
            taken.add(members[slot])
        return members

    def _existing(
        self, shape: Shape, slot: int, models: list[int], taken: set[int], members: list[int]
    ) -> int:
        """An account of the right kind that had been there before the pattern."""
        ledger, rng = self.ledger, self.rng
        if slot in shape.hubs:
            return int(rng.choice(self._hubs))
        start = min(models)
        pool = self._quiet_ones if slot in shape.quiet else self._ordinary_ones
        first = ledger.first_row[pool]
        for attempt in range(_TRIES):
            # As long in the ledger as those who take part in transfers at that time usually are.
            place = int(np.searchsorted(first, self._first_seen(start)))
            reach = _NEAR + attempt
            near = pool[max(0, place - reach) : place + reach + 1]
            near = near[(ledger.first_row[near] <= start) & ~np.isin(near, list(taken))]
            if not len(near):
                continue
            # Where patterns are many and accounts few, one may be a member of several.
            idle = near[~self._busy[near]]
            account = int(rng.choice(idle if len(idle) else near))
            if shape.strangers and self._knows(shape, slot, account, members):
                continue
            self._busy[account] = True
            return account
        left = pool[~np.isin(pool, list(taken))]
        if not len(left):
            raise InputError("The ledger has too few ordinary accounts for the patterns.")
        return int(left[0])

    def _unborn(self, last: int, taken: set[int]) -> int | None:
        """An idle account that first appears after a row, if any does: the pattern begets it."""
        ledger, pool = self.ledger, self._ordinary_ones
        later = pool[np.searchsorted(ledger.first_row[pool], last, "right") :]
        later = later[~self._busy[later] & ~np.isin(later, list(taken))]
        if not len(later):
            return None
        account = int(self.rng.choice(later[: 8 * _NEAR]))
        self._busy[account] = True
        return account

    def _first_seen(self, start: int) -> int:
        """The first row of an account that takes part in a transfer at about `start`."""
        ledger, rng = self.ledger, self.rng
        width = max(50, len(ledger.ts) // 50)
        rows = rng.integers(max(0, start - width), min(len(ledger.ts), start + width), 16)
        some = np.where(rng.random(16) < 0.5, ledger.source[rows], ledger.target[rows])  # noqa: PLR2004
        first = ledger.first_row[some]
        first = first[first <= start]
        return int(first[0]) if len(first) else start

    def _knows(self, shape: Shape, slot: int, account: int, members: list[int]) -> bool:
        """Whether it has paid, or was paid by, a member that it will deal with."""
        for leg in shape.legs:
            other = leg.target if leg.source == slot else leg.source
            if slot not in {leg.source, leg.target} or not 0 <= members[other] < self.accounts:
                continue
            pair = (account, members[other])
            if self.ledger.have_met(*(pair if leg.source == slot else pair[::-1])):
                return True
        return False

    def _let_new_ones_live(self, pattern: Planted, shape: Shape, models: list[int]) -> None:
        """Give new members a past, unless they have to be fresh, and a life of their own."""
        rows = len(self.ledger.ts)
        for slot, account in enumerate(pattern.members):
            if account < self.accounts:
                continue
            own = [
                m for m, g in zip(models, shape.legs, strict=True) if slot in {g.source, g.target}
            ]
            born = min(own)
            if slot not in shape.fresh:
                born = min(born, self._first_seen(born))
                self._ordinary(pattern, account, born, receives=True)
            self._new[account] = born
            moment = int(self.ledger.moment[max(own) if slot in shape.fresh else born])
            since = int(self.ledger.moment_start[moment + 1])
            for _ in range(int(self.rng.integers(*_ORDINARY)) if since < rows else 0):
                row = int(self.rng.integers(since, rows))
                self._ordinary(pattern, account, row, receives=self.rng.random() < 0.5)  # noqa: PLR2004

    def _camouflage(self, pattern: Planted, shape: Shape, models: list[int]) -> None:
        """Ordinary transfers of members, any time from when they were first seen."""
        wanted = self.camouflage * len(models)
        count = int(wanted) + (self.rng.random() < wanted % 1)
        slots = [s for s in range(len(pattern.members)) if s not in shape.hubs | shape.fresh]
        for _ in range(count if slots else 0):
            slot = slots[self.rng.integers(len(slots))]
            account = pattern.members[slot]
            first = self._new.get(account)
            first = int(self.ledger.first_row[account]) if first is None else first
            row = int(self.rng.integers(min(first, len(self.ledger.ts) - 1), len(self.ledger.ts)))
            receives = slot in shape.quiet or self.rng.random() < 0.5  # noqa: PLR2004
            self._ordinary(pattern, account, row, receives=receives)

    def _ordinary(self, pattern: Planted, account: int, row: int, *, receives: bool) -> None:
        """A transfer like any other, with somebody who is in one at about that time."""
        ledger = self.ledger
        near = int(np.clip(row + self.rng.integers(-50, 51), 0, len(ledger.ts) - 1))
        other = int(ledger.source[near])
        asset = int(ledger.asset[near])
        amounts = self._within(asset, (None, None))
        amount = float(amounts[self.rng.integers(len(amounts))])
        ends = (other, account) if receives else (account, other)
        if other not in pattern.members:
            pattern.ordinary.append(self.planting.add(row, ends, asset, amount))
