"""Wash loops, likeness, splits: the columnar passes against their queries on random ledgers."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from polars.testing import assert_frame_equal

from cypher import motifs
from tests.integration.cypher.test_motif_cases import derive_flows
from tests.integration.cypher.test_motifs_oracles import split
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

SEEDS = range(4)


def ring_lines(seed: int) -> list[str]:
    """Rings walked round and round, now and then with a gap or another amount, and other moves."""
    rng = Random(seed)  # noqa: S311 - the same ledgers each time
    accounts = rng.randint(5, 8)
    found: list[tuple[object, ...]] = []
    for _ in range(3):
        ring = rng.sample(range(accounts), rng.randint(2, 4))
        hour = rng.randint(1, 40)
        for step in range(rng.randint(3, 5) * len(ring) + rng.randint(0, 3)):
            hour += rng.choice((0, 1, 1, 2, 3, 20))
            ends = ring[step % len(ring)], ring[(step + 1) % len(ring)]
            found.append((*ends, rng.choice((98, 99, 100, 101, 103, 105, 110)), hour, "coin"))
    for _ in range(rng.randint(20, 50)):
        ends = rng.randrange(accounts), rng.randrange(accounts)
        amount, asset = rng.choice((98, 100, 103, 150, "?")), rng.choice(("coin", "gold"))
        found.append((*ends, amount, rng.randint(1, 120), asset))
    return [
        f"a{source} a{target} {amount} {hour}h ord={rng.randrange(4)} asset={asset} id=t{number:03}"
        + " flags=order_unknown" * (rng.random() < 0.15)
        for number, (source, target, amount, hour, asset) in enumerate(found)
    ]


def alike_lines(seed: int) -> list[str]:
    """Accounts that mostly deal with the same few, at the same hours of the day."""
    rng = Random(seed)  # noqa: S311 - the same ledgers each time
    accounts = rng.randint(12, 20)
    lines = []
    for number in range(rng.randint(60, 90)):
        one = rng.randrange(accounts)
        two = rng.choice((rng.randrange(accounts), one % 3, 3 + one % 2))
        ends = (one, two) if rng.random() < 0.6 else (two, one)
        amount = rng.choice((8, 9, 10)) if rng.random() < 0.97 else "?"
        hour = rng.choice((9, 10, 33, 34, 57, rng.randint(1, 90)))
        asset = "gold" if rng.random() < 0.1 else "coin"
        lines.append(f"a{ends[0]:02} a{ends[1]:02} {amount} {hour}h asset={asset} id=t{number:03}")
    return lines


def split_lines(seed: int) -> list[str]:
    """Payments that split and meet again by chance, of amounts that are now and then unknown."""
    lines = [transfer.line() for transfer in split(Random(seed))]  # noqa: S311 - the same again
    return [*lines, "a0 a1 ? 3h id=x1 ord=500", "a1 a2 0 4h id=x2 ord=500"]


WASH: tuple[dict[str, object], ...] = (
    {},
    {
        "tolerance": 0.1,
        "allow_same_ledger": True,
        "min_rounds": 2,
        "truncation_limit": 5,
        "max_gap": "PT20H",
    },
    {
        "tolerance": 0.3,
        "window": "P2D",
        "hub_degree": 5,
        "max_per_account": 1,
        "min_rounds": 2,
        "limit": 5,
    },
    {
        "tolerance": 0.1,
        "min_length": 3,
        "max_length": 3,
        "min_rounds": 2,
        "since": "2024-01-01T12:00:00Z",
        "min_amount": 99,
    },
)
ALIKE: tuple[dict[str, object], ...] = (
    {"min_jaccard": 0.3, "min_cosine": 0.5, "min_members": 3},
    {
        "min_jaccard": 0.2,
        "min_cosine": 0.4,
        "min_members": 2,
        "asset": "l1:coin",
        "min_amount": 9,
        "hub_degree": 8,
        "until": "2024-01-03T12:00:00Z",
    },
    {"min_jaccard": 0.4, "min_cosine": 0.5, "min_members": 2, "limit": 2},
)
SPLIT: tuple[dict[str, object], ...] = (
    {},
    {
        "max_gap": "PT8H",
        "split_window": "PT8H",
        "truncation_limit": 3,
        "hub_degree": 6,
        "max_per_account": 2,
    },
    {"max_ways": 5, "retention_max": 1.1, "allow_same_ledger": True},
    {
        "max_branch_length": 3,
        "max_ways": 7,
        "min_branches": 3,
        "merge_window": "PT10H",
        "limit": 3,
    },
)
SETTINGS = {
    "wash_loop": (("temporal",), WASH),
    "sybil_cluster": (("static",), ALIKE),
    "split_merge": (("temporal", "conserving"), SPLIT),
}


@pytest.fixture(scope="module")
def loaded(wiped: None, graph: Graph) -> Graph:  # noqa: ARG001 - empties the database
    for seed in SEEDS:
        write_ledger(graph, ring_lines(seed), network=f"w{seed}")
        write_ledger(graph, alike_lines(seed), network=f"l{seed}")
        write_ledger(graph, split_lines(seed), network=f"s{seed}")
    for seed in SEEDS:
        derive_flows(graph, f"w{seed}")
        derive_flows(graph, f"l{seed}")
        derive_flows(graph, f"s{seed}")
    return graph


@pytest.mark.parametrize("name", SETTINGS)
def test_a_kernel_is_its_query(name: str, loaded: Graph) -> None:
    variants, settings = SETTINGS[name]
    some = cut = 0
    for number, setting in enumerate(settings):
        given = {**setting, "variant": variants[number % len(variants)]}
        frame = motifs.match(loaded, name, given)
        expected = loaded.read(f"motifs/{name}", **motifs.bind(name, given))
        assert_frame_equal(frame, expected)
        some, cut = some + len(frame), cut + int(frame["truncated"].sum())
    assert some > 5
    assert cut > 0
