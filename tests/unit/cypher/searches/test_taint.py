"""Taint against a second implementation, on random ledgers with exact amounts of any size."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from cypher.ledger import Ledger
from cypher.searches.taint import Fifo, Haircut, Method, Outcome, Poison, Rules, follow

Move = tuple[int, int, int, int]
"""Source, target, time, amount."""


def ledger(moves: list[Move], accounts: int, *, unordered: bool = False) -> Ledger:
    names = [f"a{number:02}" for number in range(accounts)]
    columns = list(zip(*moves, strict=True))
    transfers = pl.DataFrame({
        "source": pl.Series(columns[0], dtype=pl.Int32),
        "target": pl.Series(columns[1], dtype=pl.Int32),
        "ts": pl.Series(columns[2], dtype=pl.Int64),
        "ledger": pl.Series(columns[2], dtype=pl.Int64),
        "ord": pl.Series(range(len(moves)), dtype=pl.Int64),
        "amount_base": [str(amount) for amount in columns[3]],
        "unordered": [unordered] * len(moves),
        "id": [f"t{number:04}" for number in range(len(moves))],
    })  # fmt: skip
    return Ledger(pl.DataFrame({"account": names}), transfers)


def rules(
    seeds: dict[int, int],
    stops: set[int],
    size: int,
    count: int,
    *,
    max_hops: int = 10,
    least: int = 0,
    factor: Fraction | None = None,
) -> Rules:
    absorbs = np.array([number in stops for number in range(size)])
    return Rules(
        seeds, np.zeros(count, dtype=bool), absorbs, max_hops, least, factor or Fraction(1)
    )


def naive(  # noqa: C901, PLR0912, PLR0915 - one plain loop, to be read from top to bottom
    moves: list[Move], given: Rules, method: str
) -> tuple[dict[int, int], dict[int, int], int, int]:
    """Taint received and held by account, injected and decayed: plain lists, nothing pruned."""
    queues: dict[int, list[list[int]]] = {}
    stuck: dict[int, int] = {}
    hops: dict[int, int] = {}
    received: dict[int, int] = {}
    injected = decayed = 0
    for source, target, time, amount in moves:
        if source == target:
            continue
        queue = queues.setdefault(source, [])
        seeding = source in given.seeds and time >= given.seeds[source]
        if seeding:
            part = amount if amount >= given.least else 0
            injected += part
        elif given.stops[source]:
            part = 0
        else:
            missing = amount - sum(lot[0] for lot in queue)
            if missing > 0:
                queue.insert(0, [missing, 0])
            if method == "haircut":
                whole = sum(lot[0] for lot in queue)
                dirty = sum(lot[1] for lot in queue) + stuck.get(source, 0)
                part = min(amount, amount * dirty // whole) if whole else 0
                part = part if part >= given.least and hops.get(source, 99) < given.max_hops else 0
                # One lot in all; taint may exceed it where some had to stay.
                queues[source] = [[whole - amount, dirty - part]]
                stuck.pop(source, None)
            elif method == "poison":
                flagged = source in hops and hops[source] < given.max_hops
                part = amount if flagged and amount >= given.least else 0
                queues[source] = [[sum(lot[0] for lot in queue) - amount, 0]]
            else:
                part, left = 0, amount
                while left:
                    taken = min(left, queue[0][0])
                    dirty = queue[0][1] * taken // queue[0][0]
                    queue[0] = [queue[0][0] - taken, queue[0][1] - dirty]
                    part, left = part + dirty, left - taken
                    if not queue[0][0]:
                        queue.pop(0)
                if part < given.least or hops.get(source, 99) >= given.max_hops:
                    stuck[source] = stuck.get(source, 0) + part
                    part = 0
        distance = 1 if seeding else hops.get(source, 0) + 1
        arrived = part * given.factor.numerator // given.factor.denominator
        decayed += part - arrived
        if arrived:
            received[target] = received.get(target, 0) + arrived
            hops[target] = min(hops.get(target, 99), distance)
        back = target in given.seeds and time >= given.seeds[target]
        if amount and not back and not given.stops[target]:
            queues.setdefault(target, []).append([amount, arrived])
    if method == "poison":
        held = {a: sum(lot[0] for lot in queue) for a, queue in queues.items() if a in hops}
    else:
        held = {a: sum(lot[1] for lot in queue) + stuck.get(a, 0) for a, queue in queues.items()}
    return received, {a: taint for a, taint in held.items() if taint}, injected, decayed


def random_case(seed: int) -> tuple[list[Move], Rules, int]:
    rng = random.Random(seed)  # noqa: S311 - the same ledgers each time
    size, count = rng.randint(4, 12), rng.randint(10, 120)
    scale = 10 ** rng.choice((0, 2, 30))
    moves = [
        (rng.randrange(size), rng.randrange(size), time, rng.randint(0, 12 * scale))
        for time in sorted(rng.randrange(60) for _ in range(count))
    ]
    seeds = {account: rng.choice((-1, 30)) for account in rng.sample(range(size), 2)}
    stops = set(rng.sample(range(size), rng.randint(0, 2)))
    factor = Fraction(rng.choice(("1", "1", "0.5", "0.9")))
    given = rules(
        seeds, stops, size, count,
        max_hops=rng.randint(1, 10), least=rng.choice((0, 0, 3 * scale)), factor=factor,
    )  # fmt: skip
    return moves, given, size


@pytest.mark.parametrize("method", [Poison(), Haircut(), Fifo()], ids=lambda m: type(m).__name__)
def test_two_implementations_agree(method: Method) -> None:
    reached = 0
    for seed in range(400):
        moves, given, size = random_case(seed)
        outcome = follow(ledger(moves, size), given, method)
        told = {n: held for n, held in outcome.holdings.items() if held.received}
        received, held, injected, decayed = naive(moves, given, type(method).__name__.lower())
        assert {n: entry.received for n, entry in told.items()} == received, seed
        assert {
            n: method.tainted(entry)
            for n, entry in outcome.holdings.items()
            if method.tainted(entry)
        } == {n: value for n, value in held.items() if n in received}, seed
        assert (outcome.injected, outcome.decayed) == (injected, decayed), seed
        reached += len(received)
    assert reached > 1000


@pytest.mark.parametrize("method", [Haircut(), Fifo()], ids=lambda m: type(m).__name__)
def test_origins_and_parts_add_up(method: Method) -> None:
    for seed in range(400, 500):
        moves, given, size = random_case(seed)
        for held in follow(ledger(moves, size), given, method).holdings.values():
            assert sum(held.origins.values()) == held.received
            assert sum(part for part, _ in held.parts) <= held.received
            assert held.taint == sum(held.pool.values()) or isinstance(method, Fifo)


def test_more_seeds_than_are_told_apart() -> None:
    moves = [(seed, 40, seed, 100 + seed) for seed in range(40)] + [(40, 41, 50, 2000)]
    for method in (Haircut(), Fifo()):
        given = rules(dict.fromkeys(range(40), -1), set(), 42, len(moves))
        outcome: Outcome = follow(ledger(moves, 42), given, method)
        assert sum(outcome.holdings[41].origins.values()) == 2000
        assert len(outcome.holdings[41].origins) <= 16


def test_unknown_order_within_a_ledger_is_never_later() -> None:
    moves = [(0, 1, 5, 10), (1, 2, 5, 10), (1, 2, 6, 10)]
    for method in (Poison(), Haircut(), Fifo()):
        given = rules({0: -1}, set(), 3, 3)
        holdings = follow(ledger(moves, 3, unordered=True), given, method).holdings
        assert holdings[2].received == 10
        assert holdings[1].opening == 10
