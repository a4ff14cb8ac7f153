"""What a typology is: a shape of accounts in roles and of transfers in stages, drawn at random.

A shape knows no ledger: accounts are numbered slots, times are stages, and `planting` finds real
accounts and existing ledgers for them. Benign look-alikes are typologies too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ParameterError
from core.registry import OpenFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

DAY = 86_400.0
_BAND = (0.93, 0.99)
"""What an account sends on of what it got: inside every retention band of the motifs."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One transfer between two slots; stages follow each other in strictly later ledgers."""

    source: int
    target: int
    amount: float
    stage: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern without a place in a ledger.

    Attributes:
        roles: one a slot.
        legs: amounts in whole units of the asset.
        fresh: slots whose account should appear with the pattern: new ones, or such as do nothing
            before it; where the ledger has neither, as late in it, others.
        quiet: slots whose account should have little other traffic.
        hubs: slots for exchanges and other hubs.
        strangers: senders should never have paid their receivers before.
        longest: seconds that the pattern may last, whatever period is asked for.
        batch: seconds that a stage lasts; null spreads it until the next.
    """

    roles: list[str]
    legs: list[Leg]
    fresh: frozenset[int] = frozenset()
    quiet: frozenset[int] = frozenset()
    hubs: frozenset[int] = frozenset()
    strangers: bool = False
    longest: float | None = None
    batch: float | None = None


@dataclass(slots=True)
class Draw:
    """What a shape is drawn from.

    Attributes:
        accounts: fewest and most accounts, all roles together.
        amounts: real amounts of the asset, ascending, within the bounds asked for.
        values: the typology's own parameters.
    """

    rng: np.random.Generator
    accounts: tuple[int, int]
    amounts: NDArray[np.float64]
    values: Mapping[str, float] = field(default_factory=dict)

    def size(self, others: int = 0, least: int = 1) -> int:
        """A number of accounts, `others` already taken off, at least `least`."""
        low, high = self.accounts
        return max(least, int(self.rng.integers(low, high + 1)) - others)

    def count(self, low: int, high: int) -> int:
        """Any whole number from `low` to `high`."""
        return int(self.rng.integers(low, high + 1))

    def amount(self, lowest: float = 0.0) -> float:
        """A real amount, none below the quantile `lowest`."""
        place = self.rng.uniform(lowest, 1) * len(self.amounts)
        return float(self.amounts[min(int(place), len(self.amounts) - 1)])

    def around(self, centre: float, count: int, spread: float) -> list[float]:
        """Amounts up to `spread` (a share) above or below a centre."""
        return [float(a) for a in centre * self.rng.uniform(1 - spread, 1 + spread, count)]

    def kept(self, low: float = _BAND[0], high: float = _BAND[1]) -> float:
        """The share of an amount that is sent on."""
        return float(self.rng.uniform(low, high))

    def parts(self, total: float, count: int) -> list[float]:
        """Uneven parts that add up to a total."""
        return [float(p) * total for p in self.rng.dirichlet(np.full(count, 8.0))]

    def pairs(self, left: list[int], right: list[int], share: float) -> list[tuple[int, int]]:
        """At least that share of all pairs, with everybody of both sides in one."""
        every = [(a, b) for a in left for b in right]
        order = [every[i] for i in self.rng.permutation(len(every))]
        wide = max(len(left), len(right))
        cover = [(left[i % len(left)], right[i % len(right)]) for i in range(wide)]
        rest = [pair for pair in order if pair not in cover]
        wanted = max(wide, int(np.ceil(share * len(every))))
        return [*cover, *rest[: wanted - wide]]


@dataclass(frozen=True, slots=True)
class Typology:
    """One member of the open folder.

    Attributes:
        summary: one sentence for lists.
        accounts: fewest and most accounts where none are asked for.
        least: fewest accounts that make the pattern.
        days: shortest and longest period where none is asked for.
        values: its own parameters and their defaults.
        is_hard_negative: it only looks like one of the others.
    """

    summary: str
    shape: Callable[[Draw], Shape]
    accounts: tuple[int, int]
    least: int
    days: tuple[float, float]
    values: Mapping[str, float] = field(default_factory=dict)
    is_hard_negative: bool = False


TYPOLOGIES: OpenFolder[Typology] = OpenFolder("loader.typologies", "TYPOLOGY", Typology, "typology")
"""Every typology and look-alike by name."""


@dataclass(frozen=True, slots=True)
class Wish:
    """So many patterns of a typology, with what was asked of them.

    Attributes:
        accounts: fewest and most accounts.
        amounts: smallest and largest amount of a pattern's first transfer; null is no bound.
        seconds: shortest and longest period.
        schedule: 0 at fixed intervals, 1 at random and in order, 2 at random in any order.
    """

    name: str
    count: int
    accounts: tuple[int, int]
    amounts: tuple[float | None, float | None]
    seconds: tuple[float, float]
    schedule: int
    values: Mapping[str, float]

    @property
    def typology(self) -> Typology:
        """The member of the open folder."""
        return TYPOLOGIES.get(self.name)


_RANGES = ("accounts", "amount", "period")


def parse_wish(text: str) -> Wish:
    """Read `NAME:COUNT[:key=value...]`; periods are in days.

    Raises:
        UnknownNameError: there is no such typology.
        ParameterError: the count or a key is wrong.
    """
    name, _, rest = text.partition(":")
    typology = TYPOLOGIES.get(name)
    count, *pairs = rest.split(":") if rest else ["1"]
    given: dict[str, float] = {}
    known = [f"{end}_{of}" for of in _RANGES for end in ("min", "max")]
    known += ["schedule", *typology.values]
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key not in known:
            raise ParameterError(name, key, "is not known", f"Known: {', '.join(known)}.")
        given[key] = _number(name, key, value)
    number = _number(name, "COUNT", count)
    if number < 0 or number != int(number):
        raise ParameterError(name, "COUNT", f"may not be '{count}'", "Write a whole number.")
    return make_wish(name, int(number), given)


def make_wish(name: str, count: int, given: Mapping[str, float]) -> Wish:
    """The wish of a count and keys, defaults filled in.

    Raises:
        ParameterError: a range is empty or below what the typology needs.
    """
    typology = TYPOLOGIES.get(name)
    low, high = _range(name, given, "accounts", typology.accounts)
    if low < typology.least:
        raise ParameterError(name, "min_accounts", f"must be at least {typology.least}")
    shortest, longest = _range(name, given, "period", typology.days)
    if shortest <= 0:
        raise ParameterError(name, "min_period", "must be above 0")
    smallest, largest = given.get("min_amount"), given.get("max_amount")
    if smallest is not None and largest is not None and smallest > largest:
        raise ParameterError(name, "min_amount", "is above max_amount")
    schedule = given.get("schedule", 1)
    if schedule not in {0, 1, 2}:
        raise ParameterError(name, "schedule", "must be 0, 1 or 2")
    values = {key: given.get(key, default) for key, default in typology.values.items()}
    return Wish(
        name=name,
        count=count,
        accounts=(int(low), int(high)),
        amounts=(smallest, largest),
        seconds=(shortest * DAY, longest * DAY),
        schedule=int(schedule),
        values=values,
    )


def _range(
    name: str, given: Mapping[str, float], of: str, default: tuple[float, float]
) -> tuple[float, float]:
    """Both ends; one that is given moves the other's default along."""
    low, high = given.get(f"min_{of}"), given.get(f"max_{of}")
    if low is not None and high is not None and low > high:
        raise ParameterError(name, f"min_{of}", f"is above max_{of}")
    if low is None:
        low = default[0] if high is None else min(default[0], high)
    return low, max(default[1], low) if high is None else high


def _number(name: str, key: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise ParameterError(name, key, f"may not be '{text}'", "Write a number.") from error
    if not np.isfinite(number):
        raise ParameterError(name, key, f"may not be '{text}'", "Write a finite number.")
    return number
