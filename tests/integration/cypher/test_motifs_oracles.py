"""Rate, path and label motifs on random ledgers, against plain searches in Python."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from cypher import motifs
from tests.integration.cypher import motif_oracles as oracles
from tests.integration.cypher.motif_oracles import DAY, HOUR, Transfer
from tests.integration.gds_jobs.ledgers import short, write_ledger, write_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cypher.graph import Graph

    Ledger = list[Transfer]

SEEDS = range(5)
BAD = {"a01": {"category": "scam"}, "a02": {"category": "mixer"}}


def _any(rng: Random, accounts: int, count: int, minutes: int, amounts: Sequence[int]) -> Ledger:
    """Transfers in any order, some in the same minute, some of another asset or unknown order."""
    return [
        Transfer(
            rng.randint(1, minutes) * 10,
            place,
            f"a{rng.randrange(accounts):02}",
            f"a{rng.randrange(accounts):02}",
            rng.choice(amounts),
            "gold" if rng.random() < 0.1 else "coin",
            rng.random() < 0.15,
        )
        for place in range(1, count + 1)
    ]


def burst(rng: Random) -> Ledger:
    """A slow flow of payments and some hours of many."""
    crowded = [rng.randrange(0, 3000, 5) for _ in range(4)]
    minutes = [rng.randrange(0, 3000, 5) for _ in range(50)]
    minutes += [start + rng.randrange(0, 65, 5) for start in crowded for _ in range(8)]
    return [
        Transfer(minute, place, f"a0{rng.randrange(4)}", f"a0{rng.randrange(4)}", 2)
        for place, minute in enumerate(minutes, 1)
    ]


def threshold(rng: Random) -> Ledger:
    """Payments most of which lie below 100 or 200."""
    amounts = (80, 90, 95, 99) if rng.random() < 0.5 else (79, 80, 90, 160, 165, 198)
    few = _any(rng, 8, 55, 900, amounts)
    return few + [t._replace(place=t.place + 100) for t in _any(rng, 8, 6, 900, (20, 100, 200))]


def near(rng: Random) -> Ledger:
    """Sparse payments of few times, so that ledgers are shared."""
    return _any(rng, 12, 40, 6, (80, 90, 95, 100))


def split(rng: Random) -> Ledger:
    """Payments that split and meet again by chance."""
    return _any(rng, 7, 38, 120, (90, 95, 100))


def peel(rng: Random) -> Ledger:
    """Chains through fresh accounts whose steps are now and then broken."""
    found: list[Transfer] = []
    for chain in range(3):
        x, minute = 100_000, rng.randint(1, 300)
        for hop in range(rng.randint(4, 7)):
            source, target = f"c{chain}{hop}", f"c{chain}{hop + 1}"
            found.append(Transfer(minute, len(found) + 1, source, target, x))
            minute += rng.choice((0, 30, 600, 1440, 1440, 1450))
            if rng.random() < 0.93:
                some = rng.choice((400, 500, x // 10, x // 5, x // 5 + 1))
                other = rng.choice((f"c{chain}{hop}", "d0", "d1", "d2", f"c{chain}{hop + 2}"))
                found.append(Transfer(minute, len(found) + 1, target, other, some, "coin"))
            x = x * rng.choice((800, 900, 950, 990, 995)) // 1000
            if rng.random() < 0.05:
                found.append(Transfer(rng.randint(1, 900), len(found) + 1, "d3", target, x))
    return found


def ladder(rng: Random) -> Ledger:
    """Payments whose amounts are a tenth apart."""
    return _any(rng, 8, 70, 900, (100, 110, 121, 130, 150, 160))


def whale(rng: Random) -> Ledger:
    """Payments, and UTXO transactions of several parts."""
    plain = _any(rng, 6, 50, 1000, (1, 2, 3, 4, 9))
    place = len(plain)
    for transaction in range(12):
        minute = rng.randint(1, 10_000)
        for part in range(rng.randint(1, 4)):
            place += 1
            source, target = f"a0{rng.randrange(6)}", f"a0{rng.randrange(6)}"
            plain.append(
                Transfer(
                    minute, place, source, target, rng.randint(1, 9), kind="utxo",
                    id=f"x{transaction}:{part}:0", change=part > 0 and rng.random() < 0.4,
                )
            )  # fmt: skip
    return plain


MAKERS: tuple[Callable[[Random], Ledger], ...] = (
    burst, threshold, near, split, peel, ladder, whale,
)  # fmt: skip


def ledgers(maker: Callable[[Random], Ledger]) -> Iterator[tuple[str, Ledger]]:
    for seed in SEEDS:
        yield f"{maker.__name__}{seed}", maker(Random(seed))  # noqa: S311 - the same each time


@pytest.fixture(scope="module")
def loaded(wiped: None, graph: Graph) -> Graph:  # noqa: ARG001 - empties the database
    for maker in MAKERS:
        for network, ledger in ledgers(maker):
            write_ledger(graph, [t.line() for t in ledger], network=network)
            if maker is near:
                write_tags(graph, BAD, network=network)
    return graph


def rows(graph: Graph, name: str, network: str, **given: object) -> list[dict[str, object]]:
    """A motif's hits, ids without network and ledger; what is a time is minutes."""
    frame = motifs.match(graph, name, {"network": network, **given})
    assert not frame["truncated"].any()
    return [
        {
            **row,
            "accounts": short(row["accounts"]),
            "places": tuple(int(t.rsplit(":", 1)[-1]) for t in row["transfers"])
            if name != "whale"
            else (),
        }
        for row in frame.to_dicts()
    ]


def pick(found: Sequence[dict[str, object]], *names: str) -> list[tuple[object, ...]]:
    """Columns of hits, doubles to nine places."""

    def plain(value: object) -> object:
        if isinstance(value, list):
            return tuple(plain(v) for v in value)
        return round(value, 9) if isinstance(value, float) else value

    return sorted((tuple(plain(row[name]) for name in names) for row in found), key=str)


@pytest.mark.parametrize(
    ("side", "degree", "limits"),
    [("both", 9, (5, 3.0, 2.0, 24)), ("in", 9, (3, 2.0, 1.0, 40)), ("out", 9, (3, 3.0, 2.0, 44))],
)
def test_bursts(
    side: str, degree: int, limits: tuple[int, float, float, int], loaded: Graph
) -> None:
    hits = without = 0
    for network, ledger in ledgers(burst):
        expected, unjudged = oracles.bursts(ledger, side, degree, limits)
        names = ("min_count", "min_intensity", "min_z", "min_tiles")
        given = dict(zip(names, limits, strict=True))
        found = rows(loaded, "burst", network, side=side, hub_degree=degree, **given)
        wide = [{**row, "name": row["accounts"][0]} for row in found]  # type: ignore[index]
        values = pick(wide, "name", "places", "normal_rate", "intensity", "z", "hour_histogram")
        assert values == sorted(expected, key=str)
        assert {row["insufficient_baseline"] for row in found} <= {unjudged}
        hits, without = hits + len(found), without + unjudged
    assert hits >= 5
    assert without > 0 or limits[3] == 24


@pytest.mark.parametrize("degree", [6, 9])
def test_payments_kept_below_a_threshold(degree: int, loaded: Graph) -> None:
    hits = 0
    given = {"thresholds": "100,200", "hub_degree": degree}
    for network, ledger in ledgers(threshold):
        found = rows(loaded, "threshold_evasion", network, **given)
        wide = [{**row, "name": row["accounts"][0], "to": row["accounts"][1:]} for row in found]  # type: ignore[index]
        values = pick(
            wide, "name", "to", "places", "threshold", "clustering_score", "size_consistency",
            "unique_days", "avg_daily", "temporal_spread", "max_amount", "mean_amount",
        )  # fmt: skip
        assert values == sorted(oracles.near_threshold(ledger, (100.0, 200.0), degree), key=str)
        hits += len(found)
    assert hits >= 5


@pytest.mark.parametrize(("degree", "hours"), [(9, 48), (6, 96)])
def test_sums_split_below_a_threshold(degree: int, hours: int, loaded: Graph) -> None:
    hits = 0
    given = {"thresholds": "100,200", "hub_degree": degree, "mode": "aggregate"}
    for network, ledger in ledgers(threshold):
        found = rows(loaded, "threshold_evasion", network, window=f"PT{hours}H", **given)
        wide = [{**row, "name": row["accounts"][0], "to": row["accounts"][1:]} for row in found]  # type: ignore[index]
        expected = oracles.split_below(ledger, (100.0, 200.0), degree, hours * HOUR)
        assert pick(wide, "name", "to", "places", "threshold") == sorted(expected, key=str)
        hits += len(found)
    assert hits >= 5


@pytest.mark.parametrize("mode", ["downstream", "upstream"])
@pytest.mark.parametrize(("degree", "same"), [(20, False), (20, True), (6, False)])
def test_accounts_near_labels(mode: str, degree: int, *, same: bool, loaded: Graph) -> None:
    distances: list[object] = []
    kept = 0
    for network, ledger in ledgers(near):
        # Upstream is downstream in the ledger run backwards, its ratios turned round.
        way = ledger if mode == "downstream" else oracles.mirrored(ledger)
        band = (800, 1000) if mode == "downstream" else (1000, 1250)
        every = oracles.near_labels(way, set(BAD), degree, same=same)
        whole = oracles.near_labels(way, set(BAD), degree, band, same=same)
        by_place = {abs(t.place): t for t in way}
        found = rows(
            loaded, "proximity", network, mode=mode, hub_degree=degree, allow_same_ledger=same
        )
        assert len(found) == len(every)
        for row in found:
            names, places = list(row["accounts"]), list(row["places"])  # type: ignore[call-overload]
            asset = short([str(row["asset"])])[0]
            order = 1 if mode == "downstream" else -1
            key = (names[::order][-1], asset)
            path = tuple(by_place[place] for place in places[::order])
            least = min(len(p) for p in every[key])
            first = min(p[-1].minute for p in every[key] if len(p) == least)
            assert path in every[key]
            assert (len(path), path[-1].minute, row["distance"]) == (least, first, least)
            assert row["risk"] == 1 / (least + 1)
            clean = whole.get(key, [])
            best = min(((len(p), -p[-1].amount) for p in clean), default=(None, 0))
            assert row["conserving_distance"] == best[0]
            if clean:
                moved = sum(
                    t.amount for t in way if t.target == key[0] != t.source and t.asset == asset
                )
                assert row["conserving_share"] == pytest.approx(-best[1] / moved)
                kept += 1
            distances.append(least)
    assert set(distances) >= ({1, 2} if degree == 6 else {1, 2, 3})
    assert kept > 10


@pytest.mark.parametrize(
    ("variant", "degree", "hours", "high"),
    [
        ("temporal", 20, (24, 24, 168, 720), 1000),
        ("temporal", 6, (12, 8, 10, 24), 1100),
        ("conserving", 20, (10, 24, 8, 720), 1000),
        ("conserving", 5, (24, 5, 168, 15), 1100),
    ],
)
def test_splits_that_merge(
    variant: str, degree: int, hours: tuple[int, int, int, int], high: int, loaded: Graph
) -> None:
    hits = 0
    names = ("split_window", "merge_window", "max_gap", "window")
    given = {name: f"PT{h}H" for name, h in zip(names, hours, strict=True)}
    for network, ledger in ledgers(split):
        found = rows(
            loaded, "split_merge", network, variant=variant, hub_degree=degree,
            retention_max=high / 1000, **given,
        )  # fmt: skip
        wide = [
            {**row, "from": row["accounts"][0], "to": row["accounts"][1],  # type: ignore[index]
             "coin": str(row["asset"]).split(":")[1]}
            for row in found
        ]  # fmt: skip
        expected = oracles.splits(
            ledger, degree, hours, (800, high), conserving=variant == "conserving"
        )
        assert pick(wide, "from", "to", "coin", "branches", "places") == sorted(expected, key=str)
        hits += len(found)
    assert hits >= 3


@pytest.mark.parametrize(("degree", "hops"), [(9, (3, 20)), (9, (2, 3)), (4, (2, 20))])
def test_peel_chains(degree: int, hops: tuple[int, int], loaded: Graph) -> None:
    hits = 0
    given = {"min_hops": hops[0], "max_hops": hops[1], "hub_degree": degree}
    for network, ledger in ledgers(peel):
        found = rows(loaded, "peel_chain", network, **given)
        expected = oracles.peels(ledger, degree, hops)
        assert pick(found, "accounts", "places", "hops", "peels") == sorted(expected, key=str)
        hits += len(found)
    assert hits >= 4


@pytest.mark.parametrize("side", ["out", "in", "both"])
@pytest.mark.parametrize(("degree", "days"), [(9, 7), (6, 4)])
def test_ladders(side: str, degree: int, days: int, loaded: Graph) -> None:
    hits = 0
    given = {"side": side, "min_steps": 3, "window": f"P{days}D", "hub_degree": degree}
    for network, ledger in ledgers(ladder):
        found = rows(loaded, "value_laddering", network, **given)
        wide = [{**row, "name": row["accounts"][0]} for row in found]  # type: ignore[index]
        expected = oracles.ladders(ledger, side, degree, 3, days * DAY)
        assert pick(wide, "name", "places", "steps", "growth") == sorted(expected, key=str)
        hits += len(found)
    assert hits >= 4


@pytest.mark.parametrize(("least", "quantile"), [(9, 1.0), (99, 0.6), (14, 0.95)])
def test_whales(least: int, quantile: float, loaded: Graph) -> None:
    hits = 0
    for network, ledger in ledgers(whale):
        found = rows(
            loaded, "whale", network, min_values=f"{network}:coin={least}", quantile=quantile,
            baseline="P3D", min_transactions=10,
        )  # fmt: skip
        kept = [t for t in ledger if t.asset == "coin"]
        expected = oracles.whales(kept, least, quantile, 3, 10)
        values = pick(found, "accounts", "value", "threshold_relative", "shares", "input_count")
        assert values == sorted(expected, key=str)
        hits += len(found)
    assert hits >= 5
