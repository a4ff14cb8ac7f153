"""Bipartite groups and stacks once more, with sets and fractions over ledgers of few accounts."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tests.integration.cypher.motif_oracles import later

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.integration.cypher.motif_oracles import Transfer

Pair = tuple[str, str]
Side = frozenset[str]


class Rule(NamedTuple):
    """Fewest and most members of a side, density, fewest partners, window in milliseconds."""

    least: int
    most: int
    density: Fraction
    partners: int
    window: int


class Group(NamedTuple):
    """Sides in order, and the places of the transfers."""

    sides: tuple[Side, ...]
    places: frozenset[int]


def _top(pairs: Iterable[Pair], rule: Rule, banned: Side) -> Side:
    """Accounts that come second in enough pairs; of too many those that come most."""
    partners: dict[str, set[str]] = defaultdict(set)
    for one, two in pairs:
        partners[two].add(one)
    count = {n: len(p) for n, p in partners.items() if len(p) >= rule.partners and n not in banned}
    ranked = sorted(count.values(), reverse=True)
    mark = ranked[rule.most] if len(ranked) > rule.most else 0
    return frozenset(n for n, p in count.items() if p > mark)


def _shares(sides: Sequence[Side], layers: Sequence[set[Pair]], rule: Rule) -> dict[str, Fraction]:
    """Every member's smallest share of a neighbouring side."""
    share: dict[str, Fraction] = {}
    for at, layer in enumerate(layers):
        for side, others, place in (
            (sides[at], sides[at + 1], 0),
            (sides[at + 1], sides[at], 1),
        ):
            for name in side:
                many = sum(p[place] == name and p[1 - place] in others for p in layer)
                part = Fraction(many, len(others)) if many >= rule.partners else Fraction()
                share[name] = min(part, share.get(name, Fraction(1)))
    return share


def _dense(sides: Sequence[Side], layers: Sequence[set[Pair]], rule: Rule) -> bool:
    return all(
        sum(a in sides[at] and b in sides[at + 1] for a, b in layer)
        >= rule.density * len(sides[at]) * len(sides[at + 1])
        for at, layer in enumerate(layers)
    )


def _peel(sides: Sequence[Side], layers: Sequence[set[Pair]], rule: Rule) -> Sequence[Side] | None:
    while all(len(side) >= rule.least for side in sides):
        share = _shares(sides, layers, rule)
        worst = min(share.values())
        if worst > 0 and _dense(sides, layers, rule):
            return sides
        sides = [frozenset(n for n in side if share[n] > worst) for side in sides]
    return None


def _apart(windows: Iterable[tuple[int, str, Group]]) -> set[Group]:
    taken: list[Group] = []
    for _, _, group in sorted(windows, key=lambda w: (-len(w[2].places), w[0], w[1])):
        if not any(group.places & other.places for other in taken):
            taken.append(group)
    return set(taken)


def _inside(ledger: Iterable[Transfer], one: Side, two: Side) -> list[Transfer]:
    return [t for t in ledger if t.source in one and t.target in two]


def groups(
    ledger: Sequence[Transfer], rule: Rule, band: tuple[int, int] | None, *, stacked: bool
) -> set[Group]:
    """The motif's instances of one asset; the band in percent, of a stack's sums."""
    plain = [t for t in ledger if t.source != t.target]
    windows = []
    for first in plain:
        held = [
            t for t in plain if first.minute <= t.minute <= first.minute + rule.window // 60_000
        ]
        payers = frozenset(t.source for t in held if t.target == first.target)
        seconds = _top(((t.source, t.target) for t in held if t.source in payers), rule, payers)
        if len(payers) < rule.partners or first.target not in seconds:
            continue
        paid = [(t.target, t.source) for t in held if t.target in seconds]
        firsts = _top(paid, rule, seconds)
        one = _stack if stacked else _bipartite
        group = one(held, (firsts, seconds), rule, band)
        legs = [t for t in ledger if group and t.place in group.places]
        if group and any(t.target == first.target and t.minute == first.minute for t in legs):
            windows.append((first.minute, first.target, group))
    return _apart(windows)


def _bipartite(
    held: Sequence[Transfer], sides: tuple[Side, Side], rule: Rule, _: object
) -> Group | None:
    legs = _inside(held, *sides)
    left = _peel(sides, [{(t.source, t.target) for t in legs}], rule)
    return left and Group(tuple(left), frozenset(t.place for t in _inside(legs, *left)))


def _after(ins: Sequence[Transfer], outs: Iterable[Transfer]) -> list[Transfer]:
    return [o for o in outs if any(t.target == o.source and later(t, o) for t in ins)]


def _stack(
    held: Sequence[Transfer], sides: tuple[Side, Side], rule: Rule, band: tuple[int, int] | None
) -> Group | None:
    firsts, seconds = sides
    ins = _inside(held, firsts, seconds)
    outs = [t for t in _after(ins, held) if t.target not in firsts | seconds]
    thirds = _top({(t.source, t.target) for t in outs}, rule, frozenset())
    middle = frozenset(t.target for t in ins)
    layers = [{(t.source, t.target) for t in legs} for legs in (ins, outs)]
    left = _peel((firsts, middle, thirds), layers, rule)
    if left is None:
        return None
    ins = _inside(ins, left[0], left[1])
    outs = _after(ins, _inside(outs, left[1], left[2]))
    if not _dense(left, [{(t.source, t.target) for t in legs} for legs in (ins, outs)], rule):
        return None
    got, gave = (sum(t.amount for t in legs) for legs in (ins, outs))
    if band and not band[0] * got <= 100 * gave <= band[1] * got:
        return None
    return Group(tuple(left), frozenset(t.place for t in (*ins, *outs)))
