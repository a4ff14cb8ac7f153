"""Family fiat against plain Python on a random ledger of two assets, and on its way to a model."""

from __future__ import annotations

import json
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING

import polars as pl
import pytest

from core.schema import RunState
from core.times import parse_instant, to_epoch_ms
from cypher.families import fiat
from cypher.features import read_features
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from ml.subgraph import SnapshotSpec, export, read
from tests.integration.cypher import behaviour_oracle as oracle
from tests.integration.gds_jobs.ledgers import START, short, write_ledger, write_prices

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph

FIRST = to_epoch_ms(START) // 1000
DAYS = 120
WINDOW = {"since": parse_instant("2024-02-01"), "until": parse_instant("2024-04-01")}
DOLLARS = ("total_in", "total_volume", "avg_in", "median_out", "max_amount", "amount_variance",
           "hourly_volume_variance", "rapid_movement_score")  # fmt: skip
RATIOS = ("volume_cv", "amount_skewness", "amount_kurtosis", "amount_predictability",
          "outlier_count", "flow_concentration", "counterparty_concentration",
          "volume_concentration_score", "concentration_ratio", "flow_diversity",
          "reciprocity_ratio", "flow_reciprocity_entropy", "peak_volume_hour",
          "intraday_volume_ratio", "in_out_ratio", "flow_asymmetry", "dominant_flow_direction",
          "counterparty_stability", "volume_7d_vs_30d", "volume_30d_vs_90d")  # fmt: skip
Transfer = tuple[str, str, float, int, str]
"""Sender, recipient, amount, hours since the start, asset."""


def ledger() -> tuple[list[Transfer], dict[tuple[str, int], float]]:
    """Few who move much in two assets, one who pays often; some days of gold have no price."""
    chance = Random(5)  # noqa: S311 - the same ledger each time
    transfers: list[Transfer] = []
    for _ in range(500):
        ends = (int(40 * chance.random() ** 2), int(40 * chance.random() ** 2))
        asset = chance.choice(["coin", "coin", "coin", "gold"])
        hour = 1 + chance.randrange(24 * DAYS - 24)
        amount = chance.randrange(1, 40_000) / 7
        transfers.append((f"a{ends[0]}", f"a{ends[1]}", amount, hour, asset))
    transfers += [("shop", "till", 7.5, 1 + n, "coin") for n in range(1100)]
    prices = {("coin", day): chance.randrange(50, 400) / 100 for day in range(DAYS)}
    prices |= {("gold", day): chance.randrange(900) / 11 for day in range(DAYS) if day % 40}
    return transfers, prices


def expected(
    rows: list[tuple[oracle.Row, str]], times: tuple[float, float], own: str
) -> dict[str, object]:
    """Of rows in the window: with their values and assets, null where a value is missing."""
    values = [row[3] for row, _ in rows]
    found: dict[str, object] = {"unpriced_ratio": values.count(None) / len(values)}  # type: ignore[arg-type]
    for name, side in (("in", False), ("out", True)):
        sums: dict[str, list[float | None]] = defaultdict(list)
        for row, asset in rows:
            if row[1] == side:
                sums[f"case:{asset}"].append(row[3])
        known = None not in [v for part in sums.values() for v in part]
        size = {
            asset: sum(v or 0 for v in part) if known else len(part) for asset, part in sums.items()
        }
        best = min(size, key=lambda asset: (-size[asset], asset), default=None)
        found[f"dominant_asset_{name}"] = best
    if None in values:
        return found
    plain = oracle.swarm([row for row, _ in rows], *times, own)
    found |= {f"{name}_usd": plain[name] for name in DOLLARS}
    found |= {name: plain[name] for name in RATIOS if name in plain}
    volume, count = sum(values), len(values)
    small = sum(v < 1000 for v in values) / count
    found["structuring_score"] = min(1, small * 1.5) if small > 0.5 and count >= 3 else small
    near = [any(0.95 * t <= v < t for t in (10_000, 3_000, 1_000, 500)) for v in values]
    found["below_threshold_ratio"] = sum(near) / count
    found["is_high_volume_trader"] = int(volume >= 10_000 and count >= 1_000)
    found["is_retail_active"] = int(volume < 1_000 and count >= 100)
    found["is_whale_inactive"] = int(volume >= 10_000 and count < 10)
    found["is_retail_inactive"] = int(volume < 100 and count < 10)
    return found


def assert_equal(graph: Graph, times: tuple[float, float], **scope: object) -> set[str]:
    """Every account's features against `expected`; returns those with values throughout."""
    transfers, prices = ledger()
    inside: dict[str, list[tuple[oracle.Row, str]]] = defaultdict(list)
    before: dict[str, list[oracle.Row]] = defaultdict(list)
    for source, target, amount, hour, asset in transfers:
        second = FIRST + hour * 3600
        price = prices.get((asset, hour // 24))
        value: float = None if price is None else amount * price  # type: ignore[assignment]
        if second < times[1]:
            for own, other, sent in ((target, source, False), (source, target, True)):
                before[own].append((other, sent, second, value))
                if second >= times[0]:
                    inside[own].append(((other, sent, second, value), asset))
    frame = read_features(graph, ["fiat"], **scope)  # type: ignore[arg-type]
    found = {short([row["account"]])[0]: row for row in frame.to_dicts()}
    assert set(found) == set(inside)
    assert set(frame.columns) == {"account", *fiat.COLUMNS}
    whole = set()
    for account, rows in inside.items():
        wanted = expected(rows, times, account)
        if "total_volume_usd" in wanted:
            whole.add(account)
            if None not in [row[3] for row in before[account]]:
                recent = oracle.recent(before[account], *times)
                wanted |= {name: recent[name] for name in RATIOS if name in recent}
        else:
            told = {f"fiat_{name}" for name in wanted}
            others = [found[account][name] for name in fiat.COLUMNS if name not in told]
            assert others.count(None) >= len(others) - 2, account  # two look at recent days only
        for name, value in wanted.items():
            exact = value is None or isinstance(value, str)
            right = value if exact else pytest.approx(value, rel=1e-9, abs=1e-9)
            assert found[account][f"fiat_{name}"] == right, (account, name)
    return whole


def test_equals_plain_python_and_goes_to_models_without_its_texts(
    clean_graph: Graph, tmp_path: Path
) -> None:
    transfers, prices = ledger()
    write_ledger(clean_graph, [f"{s} {t} {v} {h}h asset={a}" for s, t, v, h, a in transfers])
    write_prices(clean_graph, [f"{a} {p} {24 * day + 1}h" for (a, day), p in prices.items()])
    moments = [FIRST + hour * 3600 for *_, hour, _ in transfers]
    whole = assert_equal(clean_graph, (min(moments), max(moments) + 0.001))
    assert {"shop", "till"} < whole
    assert len(whole) < 40
    span = (WINDOW["since"].timestamp(), WINDOW["until"].timestamp())
    in_window = assert_equal(clean_graph, span, **WINDOW)
    assert len(in_window) > 5

    # No price of a day at or after the end says anything.
    then = read_features(clean_graph, ["fiat"], **WINDOW)  # type: ignore[arg-type]
    write_prices(clean_graph, [f"gold 9999 {day}d" for day in range(91, 130)], source="!first")
    assert read_features(clean_graph, ["fiat"], **WINDOW).equals(then)  # type: ignore[arg-type]

    out = tmp_path / "sub"
    export(clean_graph, out, SnapshotSpec(families=("activity", "fiat")))
    written = read(out)
    numbers = {name for name, kind in fiat.COLUMNS.items() if kind != pl.String()}
    assert numbers == {name for name in written.features if name.startswith("fiat_")}
    assert {written.nodes.schema[name] for name in written.features} == {pl.Float32()}


def test_a_run_tells_what_has_no_price_and_the_next_one_takes_a_new_price(
    clean_graph: Graph,
) -> None:
    write_ledger(clean_graph, ["a b 4 1d", "a b 6 2d"])
    write_prices(clean_graph, ["coin 10 1d"])
    ask = (
        "MATCH (r:JobRun {job: 'fiat'}) WITH r ORDER BY r.started DESC LIMIT 1 "
        "MATCH (a:Account {id: 'case:a'}) RETURN r.results, a.fiat_total_out_usd, "
        "a.fiat_unpriced_ratio, a.fiat_dominant_asset_out"
    )
    for expected_now in ((1, None, 0.5), (0, 100.0, 0.0)):
        (report,) = run(clean_graph, ["fiat"], RunSpec())
        assert report.state == RunState.SEALED
        with clean_graph.driver.session() as session:
            results, *values, asset = session.run(ask).values()[0]
        facts = json.loads(results)["facts"]
        assert (facts["transfers"], facts["unpriced"], *values) == (2, *expected_now)
        assert asset == "case:coin"
        write_prices(clean_graph, ["coin 10 2d"])
