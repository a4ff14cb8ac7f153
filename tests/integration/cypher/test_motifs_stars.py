"""Star motifs on random ledgers, against second implementations in plain Python."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from cypher import motifs
from tests.integration.cypher.star_oracles import Move, collected, gathered, smurfed
from tests.integration.gds_jobs.ledgers import short, write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

SEEDS = range(12)


def moves(seed: int) -> list[Move]:
    rng = random.Random(seed)  # noqa: S311 - the same ledgers each time
    names = [f"a{number}" for number in range(7)]
    found: list[Move] = []
    for order, hour in enumerate(sorted(rng.randint(1, 120) for _ in range(60))):
        source, target = rng.sample(names, 2)
        found.append((source, target, rng.choice((80, 90, 100)), hour, order))
    return found


def greedy(windows: list[tuple[int, frozenset[str], frozenset[int]]]) -> list[frozenset[int]]:
    taken: list[frozenset[int]] = []
    for _, _, ids in sorted(windows, key=lambda w: (-len(w[2]), w[0])):
        if not any(ids & other for other in taken):
            taken.append(ids)
    return taken


def branches(ledger: list[Move], start: str, end: str, least: int) -> list[frozenset[int]]:
    """Instances of scatter-gather, or of hub and spoke where start is end: 30 h gaps, 60 h.

    Only those of scatter-gather are looked for in all windows of up to 60 hours.
    """
    sent = [t for t in ledger if t[0] == start and t[1] not in (start, end)]
    walks = [
        (t, o)
        for t in sent
        for o in ledger
        if o[:2] == (t[1], end) and (o[3], o[4]) > (t[3], t[4]) and o[3] - t[3] <= 30
    ]
    windows = []
    starts, hours = {t[3] for t, _ in walks}, {t[3] for t in ledger}
    for x, y in {(a, b) for a in starts for b in (hours if start != end else {a + 60})}:
        if not x <= y <= x + 60:
            continue
        ids: set[int] = set()
        members = set()
        for m in {t[1] for t in sent}:
            pairs = [(t, o) for t, o in walks if t[1] == m and t[3] >= x and o[3] <= y]
            got, gave = ({p[side] for p in pairs} for side in (0, 1))
            into, out = sum(t[2] for t in got), sum(t[2] for t in gave)
            if pairs and 8 * into <= 10 * out <= 10 * into:
                members.add(m)
                ids |= {t[4] for t in got | gave}
        if len(members) >= least:
            windows.append((x * 1000 + y, frozenset(members), frozenset(ids)))
    return greedy(windows)


@pytest.fixture(scope="module")
def loaded(wiped: None, graph: Graph) -> Graph:  # noqa: ARG001 - empties the database
    for seed in SEEDS:
        lines = [
            f"{s} {t} {amount} {hour}h ord={o} id=u{o}" for s, t, amount, hour, o in moves(seed)
        ]
        write_ledger(graph, lines, network=f"n{seed}")
    return graph


@pytest.mark.parametrize(
    ("name", "parameters", "own"),
    [
        ("scatter_gather", {"max_gap": "PT30H", "min_branches": "2"}, False),
        ("hub_spoke", {"return_within": "PT30H", "min_spokes": "2"}, True),
    ],
)
def test_branches_equal_a_second_implementation(
    name: str,
    parameters: dict[str, str],
    own: bool,
    loaded: Graph,
) -> None:
    expected = set()
    for seed in SEEDS:
        ledger = moves(seed)
        names = {move[0] for move in ledger} | {move[1] for move in ledger}
        for start in names:
            for end in [start] if own else names - {start}:
                found = branches(ledger, start, end, 2)
                expected |= {(f"n{seed}", start, end, ids) for ids in found}
    frame = motifs.match(loaded, name, {**parameters, "window": "PT60H"})
    hits = {
        (
            accounts[0].split(":")[0],
            *short([accounts[0], accounts[0] if own else accounts[1]]),
            frozenset(int(key[1:]) for key in short(transfers)),
        )
        for accounts, transfers in frame.select("accounts", "transfers").iter_rows()
    }
    assert len(expected) > 10
    assert hits == expected


def found(
    graph: Graph, name: str, given: dict[str, object]
) -> set[tuple[str, str, frozenset[int]]]:
    """Network, centre and transfers of a motif's hits."""
    frame = motifs.match(graph, name, given)
    return {
        (*accounts[0].split(":"), frozenset(int(key[1:]) for key in short(transfers)))
        for accounts, transfers in frame.select("accounts", "transfers").iter_rows()
    }


@pytest.mark.parametrize("kind", ["temporal", "strict", "conserving"])
def test_gathering_and_scattering(kind: str, loaded: Graph) -> None:
    given: dict[str, object] = {
        "variant": "conserving" if kind == "conserving" else "temporal",
        "strict": kind == "strict",
        "min_sources": 2,
        "min_destinations": 2,
        "max_gap": "PT20H",
        "window": "PT40H",
    }
    expected = {
        (f"n{seed}", centre, ids)
        for seed in SEEDS
        for centre in {move[0] for move in moves(seed)}
        for ids in gathered(moves(seed), centre, (2, 20, 40), kind)
    }
    assert len(expected) > 10
    assert found(loaded, "gather_scatter", given) == expected


@pytest.mark.parametrize(("least", "cv", "hours"), [(2, 0.1, 40), (3, 0.08, 60), (2, 0.2, 24)])
def test_smurfs(least: int, cv: float, hours: int, loaded: Graph) -> None:
    given: dict[str, object] = {"min_sources": least, "max_cv": cv, "window": f"PT{hours}H"}
    expected = {
        (f"n{seed}", centre, ids)
        for seed in SEEDS
        for centre in {move[1] for move in moves(seed)}
        for ids in smurfed(moves(seed), centre, least, (cv, hours))
    }
    assert len(expected) > 10
    assert found(loaded, "coordinated_smurfing", given) == expected


@pytest.mark.parametrize(("share", "most"), [(0.5, 6), (0.8, 5)])
def test_static_fan_in(share: float, most: int, loaded: Graph) -> None:
    hits = 0
    given = {"variant": "static", "degree_percentile": share, "max_other": most}
    for seed in SEEDS:
        frame = motifs.match(loaded, "fan_in", {**given, "network": f"n{seed}"})
        rows = frame.select("accounts", "volume").iter_rows()
        names = {short(accounts): volume for accounts, volume in rows}
        assert {
            some[0]: (frozenset(some[1:]), volume) for some, volume in names.items()
        } == collected(moves(seed), share, most)
        hits += len(names)
    assert hits > 10
