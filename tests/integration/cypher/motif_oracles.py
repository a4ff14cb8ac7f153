"""Second implementations of motifs, plain searches in Python over ledgers of few accounts."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import pairwise
from statistics import fmean, pstdev
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

HOUR = 3_600_000
DAY = 24 * HOUR
Row = tuple[object, ...]


class Transfer(NamedTuple):
    """A transfer; `minute` counts from the start of the ledgers, `place` is its ord and its id."""

    minute: int
    place: int
    source: str
    target: str
    amount: int
    asset: str = "coin"
    unknown: bool = False
    kind: str = "payment"
    id: str = ""
    change: bool = False

    @property
    def ts(self) -> int:
        """Milliseconds from the start of the ledgers."""
        return self.minute * 60_000

    def line(self) -> str:
        """As `write_ledger` reads it."""
        flags = ["order_unknown"] * self.unknown + ["change"] * self.change
        return (
            f"{self.source} {self.target} {self.amount} {self.minute}m ord={self.place} "
            f"asset={self.asset} kind={self.kind} id={self.id or self.place}"
            + (f" flags={','.join(flags)}" if flags else "")
        )


Path = tuple[Transfer, ...]


def later(one: Transfer, other: Transfer) -> bool:
    """Whether `other` comes later; the ledger is the minute, an unknown order within it is none."""
    if other.minute != one.minute:
        return other.minute > one.minute
    return other.place > one.place and not (one.unknown or other.unknown)


def hubs(ledger: Sequence[Transfer], degree: int) -> set[str]:
    """Accounts of more counterparties than `degree`."""
    others: dict[str, set[str]] = defaultdict(set)
    for t in ledger:
        others[t.source].add(t.target)
        others[t.target].add(t.source)
    return {name for name, met in others.items() if len(met - {name}) > degree}


def _groups(pairs: Iterable[tuple[tuple[str, str], Transfer]]) -> dict[tuple[str, str], Path]:
    groups: dict[tuple[str, str], list[Transfer]] = defaultdict(list)
    for key, t in pairs:
        groups[key].append(t)
    return {key: tuple(sorted(some)) for key, some in sorted(groups.items())}


def bursts(
    ledger: Sequence[Transfer],
    side: str,
    hub_degree: int,
    limits: tuple[int, float, float, int],
    width: int = HOUR,
) -> tuple[list[Row], int]:
    """Bursts, and how many had no baseline; limits are count, intensity, z and tiles."""
    found: list[Row] = []
    unjudged = 0
    busy = hubs(ledger, hub_degree)
    sides = [((t.source, t.asset), t) for t in ledger if side in {"out", "both"}]
    sides += [
        ((t.target, t.asset), t)
        for t in ledger
        if side == "in" or (side == "both" and t.source != t.target)
    ]
    for (name, _), legs in _groups(sides).items():
        if name in busy:
            continue
        starts = {t.ts for t in legs}
        counts = {x: sum(x <= t.ts < x + width for t in legs) for x in starts}
        tiles = list(range(legs[0].ts, legs[-1].ts + 1, width))
        while counts:
            start = min(counts, key=lambda x: (-counts[x], x))
            count = counts[start]
            counts = {x: n for x, n in counts.items() if abs(x - start) >= width}
            if count < limits[0]:
                break
            free = [x for x in tiles if x + width <= start or x >= start + width]
            if len(free) < limits[3]:
                unjudged += 1
                continue
            normal = [sum(x <= t.ts < x + width for t in legs) for x in free]
            mean, deviation = fmean(normal), pstdev(normal)
            intensity = count / max(mean, 1 / len(free))
            z = (count - mean) / deviation if deviation else math.inf if count > mean else 0.0
            if intensity >= limits[1] and z >= limits[2]:
                hours = Counter(t.minute // 60 % 24 for t in legs)
                inside = [t.place for t in legs if start <= t.ts < start + width]
                histogram = tuple(hours[h] for h in range(24))
                found.append((name, tuple(inside), _r(mean), _r(intensity), _r(z), histogram))
    return found, unjudged


def _r(value: float) -> float:
    return value if math.isinf(value) else round(value, 9)


def near_threshold(
    ledger: Sequence[Transfer], thresholds: Sequence[float], hub_degree: int
) -> list[Row]:
    """Single payments kept below a threshold, with the spec's values."""
    found: list[Row] = []
    busy = hubs(ledger, hub_degree)
    paid = (((t.source, t.asset), t) for t in ledger if t.source != t.target)
    for (name, _), legs in _groups(paid).items():
        for limit in thresholds if name not in busy else ():
            near = [t for t in legs if 0.80 * limit <= t.amount <= 0.99 * limit]
            if len(near) < 5 or len(near) / len(legs) < 0.7:
                continue
            values = [t.amount for t in near]
            alike = max(0.0, 1 - pstdev(values) / fmean(values))
            if alike < 0.8:
                continue
            days = {t.ts // DAY for t in near}
            spread = len(days) / (max(days) - min(days) + 1)
            share = len(near) / len(legs)
            ids = tuple(t.place for t in near)
            receivers = tuple(sorted({t.target for t in near}))
            some = (_r(share), _r(alike), len(days), _r(len(near) / len(days)), _r(spread))
            found.append((name, receivers, ids, limit, *some, max(values), _r(fmean(values))))
    return found


def split_below(
    ledger: Sequence[Transfer], thresholds: Sequence[float], hub_degree: int, width: int
) -> list[Row]:
    """Payments to one receiver, each below a threshold, that reach it together within `width`."""
    found: list[Row] = []
    busy = hubs(ledger, hub_degree)
    pairs = {(t.source, t.target, t.asset) for t in ledger if t.source != t.target} - {
        (t.source, t.target, t.asset) for t in ledger if t.source in busy
    }
    for limit in thresholds:
        for pair in pairs:
            legs = [
                t
                for t in sorted(ledger)
                if (t.source, t.target, t.asset) == pair and t.amount < limit
            ]
            sets = {frozenset(t for t in legs if x.ts <= t.ts <= x.ts + width) for x in legs}
            sets = {s for s in sets if not any(s < other for other in sets)}
            taken: list[frozenset[Transfer]] = []
            for s in sorted(sets, key=lambda s: (-len(s), min(s))):
                enough = len(s) >= 3 and sum(t.amount for t in s) >= limit
                if enough and not any(s & other for other in taken):
                    taken.append(s)
                    ids = tuple(t.place for t in sorted(s))
                    found.append((pair[0], (pair[1],), ids, limit))
    return found


def walks(
    ledger: Sequence[Transfer],
    firsts: Iterable[Transfer],
    longest: int,
    step: Callable[[Path, Transfer], bool],
) -> Iterator[Path]:
    """All paths from the first transfers by hops that `step` allows, no account twice."""
    todo: list[Path] = [(t,) for t in firsts if t.source != t.target]
    while todo:
        path = todo.pop()
        yield path
        if len(path) < longest:
            seen = {path[0].source, *(t.target for t in path)}
            todo.extend(
                (*path, t)
                for t in ledger
                if t.source == path[-1].target and t.target not in seen and step(path, t)
            )


def within(before: Transfer, after: Transfer, low: int, high: int) -> bool:
    """Whether the ratio of the amounts is in the band, which is in thousandths."""
    return low * before.amount <= after.amount * 1000 <= high * before.amount


def near_labels(
    ledger: Sequence[Transfer],
    bad: set[str],
    hub_degree: int,
    band: tuple[int, int] | None = None,
    *,
    same: bool = False,
) -> dict[tuple[str, str], list[Path]]:
    """Of accounts and assets every timed path of at most three transfers from a labelled one."""
    busy = hubs(ledger, hub_degree)

    def follows(path: Path, t: Transfer) -> bool:
        p = path[-1]
        ordered = (p.minute, p.place) < (t.minute, t.place) if same else later(p, t)
        plain = t.asset == p.asset and t.source not in busy and t.target not in bad
        return plain and ordered and (band is None or within(p, t, *band))

    paths: dict[tuple[str, str], list[Path]] = defaultdict(list)
    starts = [t for t in ledger if t.source in bad and t.target not in bad]
    for path in walks(ledger, starts, 3, follows):
        paths[path[-1].target, path[-1].asset].append(path)
    return paths


def mirrored(ledger: Sequence[Transfer]) -> list[Transfer]:
    """The ledger run backwards: what was sent upstream is then received downstream."""
    top = max(t.minute for t in ledger)
    return [
        t._replace(source=t.target, target=t.source, minute=top - t.minute, place=-t.place)
        for t in ledger
    ]


def _join(anchor: Path, ways: Sequence[Path], split: int, merge: int, whole: int) -> list[Path]:
    joined = [anchor]
    for way in ways:
        leaves, inner = way[0].ts - anchor[0].ts, {t.target for t in way[:-1]}
        if (
            0 <= leaves <= split
            and way[-1].ts - anchor[0].ts <= whole
            and all(
                abs(way[-1].ts - b[-1].ts) <= merge and not inner & {t.target for t in b[:-1]}
                for b in joined
            )
        ):
            joined.append(way)
    return joined


def splits(
    ledger: Sequence[Transfer],
    hub_degree: int,
    hours: tuple[int, int, int, int],
    band: tuple[int, int],
    *,
    conserving: bool,
) -> list[Row]:
    """Split-and-merge: branches found by walking, sets joined as the motif's header says.

    `hours` are split window, merge window, largest gap and whole window.
    """
    busy = hubs(ledger, hub_degree)
    plain = [t for t in ledger if not {t.source, t.target} & busy]
    split, merge, gap, whole = (h * HOUR for h in hours)

    def follows(path: Path, t: Transfer) -> bool:
        p = path[-1]
        timed = later(p, t) and t.ts - p.ts <= gap and t.asset == p.asset
        return timed and (not conserving or within(p, t, *band))

    ways: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    for path in walks(plain, plain, 4, follows):
        if len(path) > 1 and path[-1].ts - path[0].ts <= whole:
            ways[path[0].source, path[-1].target, path[0].asset].append(path)
    found: list[Row] = []
    for (source, target, asset), some in ways.items():
        some.sort(key=lambda p: (p[-1].minute, p[-1].place, _times(p)))
        sets: list[list[Path]] = []
        for anchor in some:
            joined = _join(anchor, some, split, merge, whole)
            left = sum(b[0].amount for b in joined)
            arrived = sum(b[-1].amount for b in joined) * 1000
            if len(joined) >= 2 and band[0] * left <= arrived <= band[1] * left:
                sets.append(joined)
        taken: set[Transfer] = set()
        for one in sorted(
            sets, key=lambda s: (-len(s), s[0][0].minute, s[0][0].place, [_times(b) for b in s])
        ):
            every = {t for b in one for t in b}
            if not every & taken:
                taken |= every
                one.sort(key=lambda b: (b[0].minute, b[0].place))
                ids = tuple(t for b in one for t in _ids(b))
                found.append((source, target, asset, len(one), ids))
    return found


def _times(path: Path) -> list[tuple[int, int]]:
    return [(t.minute, t.place) for t in path]


def _ids(path: Path) -> tuple[object, ...]:
    return tuple(t.place for t in path)


def peels(
    ledger: Sequence[Transfer], hub_degree: int, hops: tuple[int, int], width: int = DAY
) -> list[Row]:
    """Peel chains: of every transfer that can be a step's X the large one and the peels."""
    busy = hubs(ledger, hub_degree)
    seen: dict[str, int] = {}
    for t in sorted(ledger):
        seen.setdefault(t.source, t.ts)
        seen.setdefault(t.target, t.ts)
    steps: dict[Transfer, tuple[Transfer, Path]] = {}
    claims: dict[Transfer, Transfer] = {}
    for x in sorted(ledger):
        if x.source == x.target or seen[x.target] < x.ts or x.target in busy:
            continue
        outs = [
            t
            for t in ledger
            if t.source == x.target != t.target
            and t.asset == x.asset
            and later(x, t)
            and t.ts - x.ts <= width
        ]
        if len(outs) < 2:
            continue
        large, *rest = sorted(outs, key=lambda t: (-t.amount, t))
        small = sum(t.amount for t in rest)
        fits = within(x, large, 800, 995) and x.amount <= small * 200 <= x.amount * 40
        if fits and seen[large.target] >= x.ts and large.target not in {t.target for t in rest}:
            steps.pop(claims.get(large, x), None)
            claims[large] = x
            steps[x] = (large, tuple(rest))

    def goes(path: Path, t: Transfer) -> bool:
        return path[-1] in steps and steps[path[-1]][0] == t

    chains = set(walks(ledger, list(steps), hops[1], goes))
    found: list[Row] = []
    inner = {part for chain in chains for part in (chain[1:], chain[:-1])}
    for chain in chains:
        if len(chain) >= hops[0] and (len(chain) == hops[1] or chain not in inner):
            small = sorted(t for x in chain[:-1] for t in steps[x][1])
            names = (chain[0].source, *(t.target for t in chain))
            others = tuple(sorted({t.target for t in small} - set(names)))
            ids = tuple(t.place for t in (*chain, *small))
            found.append(((*names, *others), ids, len(chain), len(small)))
    return found


def ladders(
    ledger: Sequence[Transfer], side: str, hub_degree: int, least: int, width: int
) -> list[Row]:
    """Runs of an account's payments that climb by a tenth each, within `width`."""
    busy = hubs(ledger, hub_degree)
    moved = [t for t in ledger if t.source != t.target]
    sides = [((t.source, t.asset), t) for t in moved if side != "in"]
    sides += [((t.target, t.asset), t) for t in moved if side != "out"]
    found: list[Row] = []
    for (name, _), legs in _groups(sides).items():
        run: list[Transfer] = []
        for now, following in pairwise((*legs, None)):
            assert now is not None
            run.append(now)
            climbs = following is not None and following.amount * 10 >= now.amount * 11
            if following is None or not climbs or following.ts > run[0].ts + width:
                if len(run) >= least and name not in busy:
                    ids = tuple(t.place for t in run)
                    found.append((name, ids, len(run), _r(run[-1].amount / run[0].amount)))
                run = []
    return found


def whales(
    ledger: Sequence[Transfer], least: float, quantile: float, days: int, many: int
) -> list[Row]:
    """Transactions at least `least`, or above the quantile of the days before."""
    parts: dict[tuple[str, str], list[Transfer]] = defaultdict(list)
    for t in ledger:
        key = t.id.split(":", maxsplit=1)[0] if t.kind == "utxo" else str(t.place)
        parts[t.asset, key].append(t)
    worth = {
        key: (some[0].asset, some[0].ts // DAY, sum(t.amount for t in some if not t.change))
        for key, some in parts.items()
    }
    found: list[Row] = []
    for (asset, key), (_, day, value) in worth.items():
        known = sorted(v for a, d, v in worth.values() if a == asset and day - days <= d < day)
        mark = known[max(0, math.ceil(quantile * len(known)) - 1)] if len(known) >= many else None
        if value >= least or (mark is not None and value > mark):
            real = [t for t in parts[asset, key] if not t.change]
            senders, receivers = Counter[str](), Counter[str]()
            for t in real:
                senders[t.source] += t.amount
                receivers[t.target] += t.amount
            shares = tuple(
                _r(some[n] / value) for some in (senders, receivers) for n in sorted(some)
            )
            names = (*sorted(senders), *sorted(receivers))
            inputs = len({t.source for t in parts[asset, key]})
            above = None if mark is None else float(mark)
            found.append((names, float(value), above, shares, inputs))
    return found
