"""Family pools against plain Python on a random ledger, cycles by trying every walk."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import pytest

from core.times import parse_instant
from cypher.features import read_features
from tests.integration.gds_jobs.ledgers import moment, short, write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

POOLS, INFRA, HUB_DEGREE = ("p0", "p1"), "a3", 12
GAP, WINDOW, LONGEST = timedelta(days=2), timedelta(days=5), 6
PARAMETERS = {"pools": {"hub_degree": HUB_DEGREE, "max_gap_days": 2, "window_days": 5}}


class Leg(NamedTuple):
    """A transfer as written; `row` and `ord` tell its place where times are equal."""

    source: str
    target: str
    amount: float
    at: datetime
    asset: str
    kind: str
    operation: str
    row: int
    unordered: bool


@cache
def lines() -> tuple[str, ...]:
    """Deposits, withdrawals and swaps of two pools among payments, with ties in time."""
    chance = Random(6)  # noqa: S311 - the same ledger each time
    written = []
    for number in range(1, 141):
        trader, pool = f"a{chance.randrange(14)}", chance.choice(POOLS)
        into = [f"{trader} {pool}", f"{pool} {trader}"]
        kind = chance.choice(["payment", "payment", "trade", "path_leg", "pool_deposit",
                              "pool_withdraw"])  # fmt: skip
        first, second = chance.sample(["coin", "gold"], 2)
        legs = {
            "payment": [(f"{trader} a{chance.randrange(14)}", first)],
            "pool_deposit": [(into[0], "coin"), (into[0], "gold")],
            "pool_withdraw": [(into[1], "coin"), (into[1], "gold")],
        }.get(kind, [(into[0], first), (into[1], second)])
        flags = " flags=order_unknown" if chance.random() < 0.1 else ""
        written += [
            f"{ends} {chance.randrange(1, 99)} {number // 2 * 3 + 1}h asset={asset} kind={kind} "
            f"id=o{number}:{leg} ord={number * 10 + leg}{flags}"
            for leg, (ends, asset) in enumerate(legs)
        ]
    return tuple(written)


def legs(since: datetime | None, until: datetime | None) -> list[Leg]:
    found = []
    for row, line in enumerate(lines()):
        source, target, amount, time, *rest = line.split()
        told = dict(part.split("=", 1) for part in rest)
        at, operation = moment(time), told["id"].split(":")[0]
        if (since is None or at >= since) and (until is None or at < until):
            found.append(Leg(source, target, float(amount), at, told["asset"], told["kind"],
                             operation, row, "flags" in told))  # fmt: skip
    return found


def later(one: Leg, other: Leg) -> bool:
    if one.at != other.at:
        return other.at > one.at
    return other.row > one.row and not (one.unordered or other.unordered)


def stops(found: list[Leg]) -> set[str]:
    met = defaultdict(set)
    for leg in found:
        if leg.source != leg.target:
            met[leg.source].add(leg.target)
            met[leg.target].add(leg.source)
    return {name for name in met if len(met[name]) > HUB_DEGREE and name not in POOLS} | {INFRA}


def on_cycles(found: list[Leg]) -> set[int]:
    stopped = stops(found)
    hops = defaultdict(list)
    for leg in found:
        if leg.source != leg.target and not {leg.source, leg.target} & stopped:
            hops[leg.source, leg.asset].append(leg)
    marked: set[int] = set()

    def walk(way: list[Leg]) -> None:
        for leg in hops[way[-1].target, way[0].asset]:
            if not (later(way[-1], leg) and leg.at - way[-1].at <= GAP):
                continue
            if leg.at - way[0].at <= WINDOW and leg.target == way[0].source:
                marked.update(one.row for one in [*way, leg])
            elif len(way) + 1 < LONGEST and leg.target not in {one.source for one in way}:
                walk([*way, leg])

    for leg in found:
        if leg in hops[leg.source, leg.asset]:
            walk([leg])
    return marked


def expected(found: list[Leg]) -> dict[str, dict[str, object]]:
    circles, told = on_cycles(found), {}
    for pool in POOLS:
        own = [leg for leg in found if pool in leg[:2]]
        days = (max(leg.at for leg in own).date() - min(leg.at for leg in own).date()).days + 1
        events = {leg.operation for leg in own if leg.kind.startswith("pool_")}
        swaps = [leg for leg in own if leg.kind in {"trade", "path_leg"}]
        told[pool] = {
            "pool_swap_count": sum(leg.target == pool for leg in swaps),
            "pool_legs_cut": 0,
            "pool_events_per_day": len(events) / days,
        }
        for side, asset in (("a", "coin"), ("b", "gold")):
            of = [leg for leg in own if leg.asset == asset]
            given: dict[str, float] = defaultdict(float)
            for leg in of:
                if leg.kind == "pool_deposit":
                    given[leg.source] += leg.amount
            swapped = [leg for leg in swaps if leg.asset == asset]
            volume = sum(leg.amount for leg in swapped)
            circular = sum(leg.amount for leg in swapped if leg.row in circles)
            change = sum(leg.amount if leg.target == pool else -leg.amount for leg in of)
            told[pool] |= {
                f"pool_top3_deposit_share_{side}": sum(sorted(given.values())[-3:])
                / sum(given.values()),
                f"pool_swap_volume_{side}": volume,
                f"pool_cycle_share_{side}": circular / volume,
                f"pool_reserve_change_per_day_{side}": change / days,
            }
    return told


@pytest.fixture(scope="module")
def written(graph: Graph, wiped: None) -> Graph:  # noqa: ARG001 - it empties the graph
    properties: dict[str, dict[str, object]] = {name: {"kind": "pool"} for name in POOLS}
    write_ledger(graph, lines(), accounts=properties | {INFRA: {"is_infra": True}})
    return graph


@pytest.mark.parametrize("windowed", [False, True], ids=["whole", "window"])
def test_equal_plain_python(windowed: bool, written: Graph) -> None:
    ends = ("2024-01-03", "2024-01-07") if windowed else ()
    since, until = (parse_instant(end) for end in ends) if windowed else (None, None)
    frame = read_features(written, ["pools"], since=since, until=until, parameters=PARAMETERS)
    found = {short([row.pop("account")])[0]: row for row in frame.to_dicts()}
    wanted = expected(legs(since, until))
    assert found.keys() == wanted.keys()
    shares = [wanted[pool][f"pool_cycle_share_{side}"] for pool in POOLS for side in "ab"]
    assert any(0 < share < 1 for share in shares)  # type: ignore[operator]
    for pool, own in wanted.items():
        assert found[pool] == pytest.approx(own), pool
