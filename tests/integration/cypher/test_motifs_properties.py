"""What holds for every motif, on one batch of small random ledgers that is written once.

Each ledger is written a second time, its accounts renamed and its transfers in another order.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from cypher import motifs
from tests.integration.cypher.test_motif_cases import derive_flows
from tests.integration.gds_jobs.ledgers import short, write_ledger, write_tags

if TYPE_CHECKING:
    from cypher.graph import Graph

SEEDS = range(3)
ACCOUNTS = 9
LOOSE: dict[str, object] = {
    "min_sources": 2, "min_destinations": 2, "min_branches": 2, "min_spokes": 2, "min_members": 2,
    "min_side": 2, "min_matches": 1, "min_share": 0.1, "min_steps": 3, "min_hops": 2,
    "min_rounds": 2, "min_total": 0, "min_count": 3, "min_tiles": 3, "min_z": 0.5,
    "min_inside": 0.2, "min_jaccard": 0.2, "min_cosine": 0.2, "max_cv": 0.6, "max_other": 8,
    "tolerance": 0.3, "retention_min": 0.6, "retention_max": 1.4, "min_density": 0.5,
    "thresholds": "100", "min_intensity": 1.5, "degree_percentile": 0.5, "max_shared": 0.6,
    "max_length": 4, "max_gap": "PT15H", "max_per_account": 10_000, "limit": 10_000,
}  # fmt: skip
ODD = {"bridge_hopping", "trace"}
"""Need bridges between two networks (test_motifs_bridges), and a place to begin."""
GDS = {"smurfing_community"}
"""Leiden's groups depend on the order that accounts came in, which a rename leaves alone."""
RARE = {"peel_chain", "stack", "whale"}
"""Not in these ledgers; their cases are."""
LOOPS = ("two_node_loop", "triangle", "cycle")
PATHS = ("triangle", "cycle", "round_trip")
Hit = tuple[frozenset[tuple[str, str]], frozenset[str]]


def lines(seed: int) -> list[str]:
    """Payments at times of their own, so that nothing is decided by names."""
    rng = Random(seed)  # noqa: S311 - the same ledgers each time
    hours = rng.sample(range(1, 60 * 40), 80)
    found = []
    for number, minute in enumerate(sorted(hours)):
        source, target = rng.randrange(ACCOUNTS), rng.randrange(ACCOUNTS)
        amount, asset = rng.randint(70, 110), "gold" if rng.random() < 0.1 else "coin"
        found.append(f"a{source} a{target} {amount} {minute}m asset={asset} id=t{number:02}")
    return found


def names(seed: int) -> dict[str, str]:
    order = Random(seed + 50).sample(range(ACCOUNTS), ACCOUNTS)  # noqa: S311 - the same again
    return {f"a{one}": f"b{two}" for one, two in enumerate(order)}


@pytest.fixture(scope="module")
def loaded(wiped: None, graph: Graph) -> Graph:  # noqa: ARG001 - empties the database
    for seed in SEEDS:
        tags = {"a0": {"category": "scam"}, "a1": {"category": "exchange"}}
        every, new = lines(seed), names(seed)
        write_ledger(graph, every, network=f"p{seed}")
        write_tags(graph, tags, network=f"p{seed}")
        Random(seed).shuffle(every)  # noqa: S311 - the same again
        renamed = [" ".join([new.get(part, part) for part in line.split()]) for line in every]
        write_ledger(graph, renamed, network=f"r{seed}")
        write_tags(graph, {new[name]: tag for name, tag in tags.items()}, network=f"r{seed}")
        for prefix in "pr":
            derive_flows(graph, f"{prefix}{seed}")
    return graph


def hits(graph: Graph, name: str, **given: object) -> Counter[tuple[str, Hit]]:
    """Network, accounts with roles, and transfers of a motif's hits."""
    known = {parameter.name for parameter in motifs.describe(name).parameters}
    wanted = {key: value for key, value in {**LOOSE, **given}.items() if key in known}
    frame = motifs.match(graph, name, wanted)
    return Counter(
        (
            accounts[0].split(":")[0],
            (frozenset(zip(short(accounts), roles, strict=True)), frozenset(short(transfers))),
        )
        for accounts, roles, transfers in frame.select("accounts", "roles", "transfers").rows()
    )


@pytest.mark.parametrize("name", sorted(set(motifs.names()) - ODD - GDS))
def test_names_and_the_order_of_loading_change_only_ids(name: str, loaded: Graph) -> None:
    for variant in motifs.variants(name) or (None,):
        found = hits(loaded, name, **({"variant": variant} if variant else {}))
        plain: Counter[tuple[int, Hit]] = Counter()
        renamed: Counter[tuple[int, Hit]] = Counter()
        for (network, (accounts, transfers)), count in found.items():
            seed = int(network[1:])
            if network[0] == "p":
                new = names(seed)
                told = frozenset((new[account], role) for account, role in accounts)
                plain[seed, (told, transfers)] += count
            else:
                renamed[seed, (accounts, transfers)] += count
        assert plain == renamed
        assert plain or name in RARE


BOTH = [n for n in motifs.names() if {"temporal", "conserving"} <= set(motifs.variants(n))]


@pytest.mark.parametrize("name", sorted(set(BOTH) - ODD))
def test_what_conserves_is_in_time(name: str, loaded: Graph) -> None:
    """Loops are loops in time themselves; a window shares transfers with one in time."""
    strong, weak = (hits(loaded, name, variant=v) for v in ("conserving", "temporal"))
    if name in LOOPS:
        assert strong <= weak
    for network, (_, transfers) in strong:
        assert any(transfers & other for there, (_, other) in weak if there == network)


@pytest.mark.parametrize("name", [*LOOPS, "self_loop"])
def test_what_is_in_time_is_there_at_all(name: str, loaded: Graph) -> None:
    accounts = [
        {
            (network, frozenset(a for a, _ in some))
            for network, (some, _) in hits(loaded, name, variant=v, max_cv=None)
        }
        for v in ("temporal", "static")
    ]
    assert accounts[0]
    assert accounts[0] <= accounts[1]


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    "given",
    [
        {"window": "PT10H"},
        {"max_gap": "PT3H"},
        {"since": "2024-01-01T08:00:00Z", "until": "2024-01-02"},
    ],
)
def test_less_room_finds_nothing_new(name: str, given: dict[str, str], loaded: Graph) -> None:
    variant = "conserving" if name == "round_trip" else "temporal"
    room = hits(loaded, name, variant=variant)
    less = hits(loaded, name, variant=variant, **given)
    assert sum(less.values()) < sum(room.values())
    assert set(less) <= set(room)
