"""Loops: the columnar passes against their queries, and both against a plain search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from cypher import motifs
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

SEEDS = range(5)


def random_lines(seed: int) -> list[str]:
    """A ledger of few accounts: many loops, ties, unknown orders, two assets."""
    rng = np.random.default_rng(seed)
    accounts = int(rng.integers(4, 20))
    count = int(rng.integers(3 * accounts, 6 * accounts))
    lines = []
    for number in range(count):
        source, target = rng.integers(0, accounts, 2)
        amount, hour = rng.integers(8, 12), rng.integers(1, 24 * 10)
        asset = "gold" if rng.random() < 0.15 else "coin"
        flags = " flags=order_unknown" if rng.random() < 0.2 else ""
        lines.append(
            f"a{source:02} a{target:02} {amount} {hour}h ord={rng.integers(0, 3)} "
            f"asset={asset} id=t{number:03}{flags}"
        )
    return lines


SETTINGS: list[dict[str, str]] = [
    {},
    {"retention_max": "1.3", "max_gap": "4d", "allow_same_ledger": "true", "min_amount": "9"},
    {"max_gap": "9d", "hub_degree": "6", "since": "2024-01-02", "until": "2024-01-09"},
    {
        "retention_max": "1.3",
        "max_gap": "9d",
        "truncation_limit": "3",
        "truncation_order": "amount_desc",
    },
    {"truncation_limit": "2", "max_per_account": "3", "limit": "40"},
    {"truncation_limit": "2", "truncation_order": "ts_asc", "asset": "n2:coin"},
]


KERNELS = {
    "two_node_loop": ("temporal", "conserving"),
    "triangle": ("temporal", "conserving"),
    "cycle": ("static", "temporal", "conserving"),
    "round_trip": ("conserving",),
}


@pytest.fixture(scope="module")
def loaded(graph: Graph) -> Graph:
    with graph.driver.session() as session:
        session.run("MATCH (n:!Migration) DETACH DELETE n").consume()
    for seed in SEEDS:
        write_ledger(graph, random_lines(seed), network=f"n{seed}")
    assert all(report.error is None for report in run(graph, ["flows"]))
    return graph


@pytest.mark.parametrize(
    ("name", "variant"), [(name, variant) for name in KERNELS for variant in KERNELS[name]]
)
def test_a_kernel_is_its_query(name: str, variant: str, loaded: Graph) -> None:
    some = cut = 0
    # Cypher walks every way round a cycle: three settings are enough of that.
    for setting in SETTINGS[1::2] if name in ("cycle", "round_trip") else SETTINGS:
        given = {**setting, "variant": variant}
        frame = motifs.match(loaded, name, given)
        expected = loaded.read(f"motifs/{name}", **motifs.bind(name, given))
        assert_frame_equal(frame, expected)
        some, cut = some + len(frame), cut + int(frame["truncated"].sum())
    assert some > 10
    assert cut > 0


@pytest.mark.parametrize("limit", ["1", "7", "30"])
def test_static_cycles_past_the_limits_are_the_least_compact(limit: str, loaded: Graph) -> None:
    given = {"variant": "static", "limit": limit, "max_per_account": "3", "window": "PT1H"}
    frame = motifs.match(loaded, "cycle", given)
    expected = loaded.read("motifs/cycle", **motifs.bind("cycle", given))
    assert_frame_equal(frame.drop("cut"), expected.drop("cut"))
    assert frame["truncated"].all()
