"""Layers of accounts: the columnar passes against their queries and a plain search."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from polars.testing import assert_frame_equal

from cypher import motifs
from tests.integration.cypher.layer_oracles import Group, Rule, groups
from tests.integration.cypher.motif_oracles import HOUR, Transfer
from tests.integration.gds_jobs.ledgers import short, write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

SEEDS = range(6)


def ledger(seed: int) -> list[Transfer]:
    """Payments that mostly go from one third of the accounts to the next, twice over."""
    rng = random.Random(seed)  # noqa: S311 - the same ledgers each time
    names = [f"a{number:02}" for number in range(rng.randint(8, 14))]
    third = len(names) // 3
    orders = [rng.sample(names, len(names)) for _ in range(2)]
    found = []
    for place in range(1, rng.randint(60, 110)):
        order, at = rng.choice(orders), third * rng.randint(0, 1)
        source, target = rng.choice(order[at : at + third]), rng.choice(order[at + third :][:third])
        if rng.random() < 0.25:
            source, target = rng.choice(names), rng.choice(names)
        amount, asset = rng.choice((8, 9, 10, 11)), "gold" if rng.random() < 0.1 else "coin"
        unknown = rng.random() < 0.25
        found.append(
            Transfer(rng.randint(1, 60) * 60, place, source, target, amount, asset, unknown)
        )
    return found


LOOSE = {"retention_min": 0.5, "retention_max": 1.5, "min_side": 2, "min_branches": 2}
SETTINGS: tuple[dict[str, object], ...] = (
    {"min_side": 3},
    {"min_density": 0.5, "max_side": 4, "hub_degree": 9, "allow_same_ledger": True},
    {"truncation_limit": 4, "truncation_order": "amount_desc", "min_amount": 9},
    {
        "since": "2024-01-01T12:00:00Z",
        "until": "2024-01-03T00:00:00Z",
        "max_per_account": 1,
        "truncation_limit": 6,
        "truncation_order": "ts_asc",
    },
    {"min_partners": 1, "limit": 4, "asset": "n1:coin", "window": "PT20H"},
)


@pytest.fixture(scope="module")
def loaded(wiped: None, graph: Graph) -> Graph:  # noqa: ARG001 - empties the database
    for seed in SEEDS:
        write_ledger(graph, [t.line() for t in ledger(seed)], network=f"n{seed}")
    odd = ["a00 a01 ? 1h id=x1", "a00 a02 100000000000000000000001 2h id=x2"]
    write_ledger(graph, [*odd, "a01 a02 0 3h id=x3 flags=order_unknown"], network="n1")
    return graph


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("bipartite", "temporal"),
        ("stack", "temporal"),
        ("stack", "conserving"),
        ("scatter_gather", "temporal"),
        ("scatter_gather", "conserving"),
    ],
)
def test_a_kernel_is_its_query(name: str, variant: str, loaded: Graph) -> None:
    some = cut = 0
    known = {parameter.name for parameter in motifs.describe(name).parameters}
    for setting in SETTINGS:
        given = {k: v for k, v in {**LOOSE, **setting}.items() if k in known}
        given["variant"] = variant
        frame = motifs.match(loaded, name, given)
        expected = loaded.read(f"motifs/{name}", **motifs.bind(name, given))
        assert_frame_equal(frame, expected)
        some, cut = some + len(frame), cut + int(frame["truncated"].sum())
    assert some > 5
    assert cut > 0


@pytest.mark.parametrize(
    ("name", "variant", "rule"),
    [
        ("bipartite", "temporal", Rule(3, 20, Fraction(3, 5), 2, 14 * 24 * HOUR)),
        ("bipartite", "temporal", Rule(2, 4, Fraction(3, 4), 2, 12 * HOUR)),
        ("stack", "temporal", Rule(2, 4, Fraction(1, 2), 2, 30 * HOUR)),
        ("stack", "conserving", Rule(2, 20, Fraction(3, 5), 1, 14 * 24 * HOUR)),
    ],
)
def test_groups_equal_a_plain_search(name: str, variant: str, rule: Rule, loaded: Graph) -> None:
    hits = 0
    given: dict[str, object] = {
        "variant": variant,
        "min_side": rule.least,
        "max_side": rule.most,
        "min_density": float(rule.density),
        "min_partners": rule.partners,
        "window": f"PT{rule.window // HOUR}H",
    }
    band = (50, 150) if variant == "conserving" else None
    if name == "stack":
        given |= {"retention_min": 0.5, "retention_max": 1.5}
    for seed in (s for s in SEEDS if s != 1):
        every = ledger(seed)
        expected: set[Group] = set()
        for asset in ("coin", "gold"):
            some = [t for t in every if t.asset == asset]
            expected |= groups(some, rule, band, stacked=name == "stack")
        frame = motifs.match(loaded, name, {**given, "network": f"n{seed}"})
        found = set()
        for accounts, roles, transfers in frame.select("accounts", "roles", "transfers").rows():
            sides: dict[str, set[str]] = {}
            for account, role in zip(short(accounts), roles, strict=True):
                sides.setdefault(role, set()).add(account)
            places = frozenset(int(place) for place in short(transfers))
            found.add(Group(tuple(frozenset(side) for side in sides.values()), places))
        assert found == expected
        hits += len(found)
    assert hits >= 2
