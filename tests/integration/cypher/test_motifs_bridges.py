"""Hops over bridges on random ledgers of three networks, against every pair of transfers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from cypher import motifs
from tests.integration.gds_jobs.ledgers import moment, write_ledger, write_prices, write_tags

if TYPE_CHECKING:
    from cypher.graph import Graph

HOUR = 3_600_000
NETWORKS = ("one", "three", "two")
PRICED = {("coin", day): 1 + day / 40 for day in range(5)} | {("gold", 1): 2.5, ("gold", 3): 2.4}
FIAT = "MATCH (a:Asset {id: 'two:iou'}) SET a.asset_class = 'fiat', a.symbol = 'USD'"


def lines(seed: int) -> list[str]:
    """Transfers into and out of two bridges, and some between others."""
    rng, found = random.Random(seed), []  # noqa: S311 - the same ledgers each time
    for number in range(120):
        ends = [f"a{rng.randrange(5)}", rng.choice(("b", "b", "b", "o", "x"))]
        rng.shuffle(ends)
        amount, asset = rng.choice((96, 100, 101, 104, 200)), rng.choice(("coin", "gold", "iou"))
        time = rng.randint(1, 110)
        found.append(f"{' '.join(ends)} {amount} {time}h asset={asset} id=n{number} ord={number}")
    return found


def legs(network: str) -> list[tuple[str, str, int, float, str, bool]]:
    """Network, id, time, dollars, the account that is no bridge, and whether it goes in."""
    found = []
    for line in lines(NETWORKS.index(network)):
        source, target, amount, time, asset, key, _ = line.split()
        ts, name = round(moment(time).timestamp() * 1000), asset.partition("=")[2]
        day = int(time[:-1]) // 24
        fiat = 1.0 if (network, name) == ("two", "iou") else None
        price = fiat or PRICED.get((name, day))
        if price is not None and (source in "bo") != (target in "bo"):
            enters = target in "bo"
            other = source if enters else target
            place = f"{network}:{int(time[:-1]) * 3600}:{key.partition('=')[2]}"
            found.append((network, place, ts, float(amount) * price, other, enters))
    return found


def by_hand(network: str, window: int, tolerance: float) -> set[tuple[str, str]]:
    """Each leg out with its closest leg in, each leg in with its closest of those."""
    every = [leg for name in NETWORKS for leg in legs(name)]
    best: dict[str, tuple[int, float, str, str]] = {}
    for name, key, ts, value, _, enters in every:
        if enters or name == network:
            continue
        near = [
            (ts - before, abs(value / worth - 1), first)
            for where, first, before, worth, _, inward in every
            if inward
            and where == network
            and 0 < ts - before <= window
            and abs(value / worth - 1) <= tolerance + 1e-9
        ]
        if near:
            gap, off, first = min(near)
            best[first] = min(best.get(first, (gap, off, key, first)), (gap, off, key, first))
    return {(first, key) for _, _, key, first in best.values()}


@pytest.fixture(scope="module")
def bridged(graph: Graph, wiped: None) -> Graph:  # noqa: ARG001 - it empties the graph
    for network in NETWORKS:
        write_ledger(graph, lines(NETWORKS.index(network)), network)
        write_tags(graph, {key: {"subcategory": "bridge"} for key in "bo"}, network)
        known = [f"{asset} {price} {day}d" for (asset, day), price in PRICED.items() if day]
        write_prices(graph, [*known, "coin 1 0"], network)
        write_prices(graph, ["coin 7 1d"], network, source="unused")
    with graph.driver.session() as session:
        session.run(FIAT).consume()
    return graph


@pytest.mark.parametrize(("hours", "tolerance"), [(24, 0.05), (3, 0.3), (50, 0.7), (24, 0)])
def test_hops_are_those_of_all_pairs(bridged: Graph, hours: int, tolerance: float) -> None:
    given = {"window": f"PT{hours}H", "tolerance": tolerance, "max_per_account": 1000}
    total = 0
    for network in NETWORKS:
        frame = motifs.match(bridged, "bridge_hopping", {**given, "network": network})
        pairs = [tuple(key) for key in frame["transfers"].to_list()]
        assert len(pairs) == len(set(pairs))
        assert set(pairs) == by_hand(network, hours * HOUR, tolerance)
        total += len(pairs)
    assert total > 5
    assert not frame["truncated"].any()


def test_nothing_from_after_the_range_is_seen(bridged: Graph) -> None:
    given = {"network": "one", "since": "2024-01-02", "until": "2024-01-04"}
    frame = motifs.match(bridged, "bridge_hopping", given)
    assert frame.height
    assert frame["started"].min() >= moment("1d")  # type: ignore[operator]
    assert frame["ended"].max() < moment("3d")  # type: ignore[operator]
