"""Second implementations of star motifs, over ledgers of few accounts whose order is known."""

from __future__ import annotations

import itertools
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Move = tuple[str, str, int, int, int]
"""Sender, receiver, amount, hour and order; the transfer's id is `u` and the order."""
Ids = frozenset[int]


def apart(windows: Iterable[tuple[tuple[float, ...], Ids]]) -> set[Ids]:
    """Largest first, then by the key, those that share no transfer with one taken."""
    taken: list[Ids] = []
    for _, ids in sorted(windows, key=lambda w: (-len(w[1]), w[0])):
        if not any(ids & other for other in taken):
            taken.append(ids)
    return set(taken)


def gathered(
    ledger: Sequence[Move], centre: str, rule: tuple[int, int, int], kind: str
) -> set[Ids]:
    """Gather-scatter of a centre: fewest on either side, largest gap and window in hours."""
    least, gap, span = rule
    legs = sorted((t for t in ledger if centre in t[:2]), key=lambda t: t[3:])
    found = []
    for i, first in enumerate(legs):
        for end in range(i + 2, len(legs) + 1):
            held = legs[i:end]
            ins = [t for t in held if t[1] == centre]
            outs = [t for t in held if t[0] == centre]
            sources, targets = {t[0] for t in ins}, {t[1] for t in outs}
            got, gave = sum(t[2] for t in ins), sum(t[2] for t in outs)
            if (
                first[1] == centre
                and held[-1][0] == centre
                and held[-1][3] - first[3] <= span
                and all(b[3] - a[3] <= gap for a, b in itertools.pairwise(held))
                and min(len(sources), len(targets)) >= least
                and 5 * len(sources & targets) <= min(len(sources), len(targets))
                and (kind != "strict" or max(t[4] for t in ins) < min(t[4] for t in outs))
                and (
                    kind != "conserving"
                    or (8 * got <= 10 * gave <= 10 * got and _covered(held, centre))
                )
            ):
                found.append(((i, end), frozenset(t[4] for t in held)))
    return apart(found)


def _covered(held: Sequence[Move], centre: str) -> bool:
    """Whether the centre never sent more than it had got."""
    balance = 0
    for t in held:
        balance += t[2] if t[1] == centre else -t[2]
        if balance < 0:
            return False
    return True


def smurfed(ledger: Sequence[Move], centre: str, least: int, limits: tuple[float, int]) -> set[Ids]:
    """Coordinated smurfing of a collector: largest coefficient of variation, window in hours."""
    cv, span = limits
    firsts: dict[str, Move] = {}
    for t in sorted(ledger, key=lambda t: t[3:]):
        if centre in t[:2]:
            firsts.setdefault(t[0] if t[1] == centre else t[1], t)
    legs = [t for t in firsts.values() if t[1] == centre]
    found = []
    for first in legs:
        held = sorted(
            (t for t in legs if first[3] <= t[3] <= first[3] + span), key=lambda t: (t[2], t[4])
        )
        for low in range(len(held)):
            for high in range(low + least, len(held) + 1):
                amounts = [t[2] for t in held[low:high]]
                if pstdev(amounts) < cv * fmean(amounts):
                    ids = frozenset(t[4] for t in held[low:high])
                    found.append(((first[3], low), ids))
    return apart(found)


def collected(
    ledger: Sequence[Move], share: float, most: int
) -> dict[str, tuple[frozenset[str], int]]:
    """Static fan-in: centres with their sources and what they got in all."""
    names = sorted({name for t in ledger for name in t[:2]})
    sources = {name: frozenset(t[0] for t in ledger if t[1] == name) for name in names}
    mark = np.quantile([len(some) for some in sources.values()], share)
    return {
        name: (some, sum(t[2] for t in ledger if t[1] == name))
        for name, some in sources.items()
        if len(some) >= max(2, mark) and len({t[1] for t in ledger if t[0] == name}) <= most
    }
