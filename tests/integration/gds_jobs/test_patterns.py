"""Patterns: identity, roles and evidence recomputed by hand; replaced date by date."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.schema import RunState
from cypher import motifs
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from gds_jobs.typologies import TYPOLOGIES
from tests.integration.gds_jobs.ledgers import START, short, write_ledger, write_prices

if TYPE_CHECKING:
    from cypher.graph import Graph

# Five senders to c, half a day apart so that nothing but a fan-in is in them; d has four only.
FAN = [f"{s} c {10 + i}.5 {24 + 12 * i}h" for i, s in enumerate("vwxyz")]
FAN = [line.replace(".5", "0000000000000000000000") for line in FAN]  # beyond 2^63
NEAR_MISS = [f"{s} d 10 {30 + i}h" for i, s in enumerate("vwxy")]
FAN_INS = "MATCH (p:Pattern {pattern_type: 'fan_in'}) RETURN p {.*} ORDER BY p.key"
FORTNIGHT = RunSpec(as_of=START + timedelta(days=15), window=timedelta(days=15))


def nodes(graph: Graph, query: str = FAN_INS) -> list[Any]:
    with graph.driver.session() as session:
        return [row[0] for row in session.run(query).values()]


def test_identity_evidence_and_what_later_runs_make_of_them(clean_graph: Graph) -> None:
    write_ledger(clean_graph, [*FAN, *NEAR_MISS])
    # Before the last of the five senders there is nothing.
    early = RunSpec(as_of=START + timedelta(hours=72), window=timedelta(days=15))
    run(clean_graph, ["patterns"], early)
    assert nodes(clean_graph) == []
    report = run(clean_graph, ["patterns"], FORTNIGHT)[-1]
    assert report.state == RunState.SEALED
    (pattern,) = nodes(clean_graph)
    started = int(START.timestamp() * 1000) + 24 * 3_600_000
    sequence = "case:c,case:v,case:w,case:x,case:y,case:z"
    text = f"fan_in|temporal|case:coin|{sequence}|{started}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert (pattern["pattern_hash"], pattern["id"]) == (digest, f"fan_in_{digest}")
    evidence = f"fan_in_{digest}|" + "|".join(pattern["transfers"])
    assert pattern["instance_id"] == hashlib.sha256(evidence.encode()).hexdigest()[:16]
    assert short(pattern["transfers"]) == ("t1", "t2", "t3", "t4", "t5")
    assert pattern["evidence_volume_base"] == str(sum(10 + i for i in range(5)) * 10**22)
    assert (pattern["processing_date"].iso_format(), pattern["window_days"]) == ("2024-01-15", 15)
    assert pattern["pattern_duration_hours"] == 48.0
    roles = nodes(
        clean_graph,
        "MATCH (a)-[i:INVOLVED_IN]->(:Pattern {pattern_type: 'fan_in'}) "
        "RETURN [i.position, i.role, a.address] "
        "ORDER BY i.position",
    )
    sources = [[i + 1, "source", name] for i, name in enumerate("vwxyz")]
    assert roles == [[0, "center", "c"], *sources]
    _run_again(clean_graph)
    _kept_for_so_long(clean_graph)


def _run_again(graph: Graph) -> None:
    """A run again changes nothing, and replaces only what is of its own date."""
    later = RunSpec(as_of=START + timedelta(days=16), window=timedelta(days=15))
    run(graph, ["patterns"], later)
    before = nodes(graph)
    assert len(before) == 2
    assert len({pattern["id"] for pattern in before}) == 1
    run(graph, ["patterns"], FORTNIGHT)
    volatile = ("run", "detection_timestamp")
    same = [{k: v for k, v in p.items() if k not in volatile} for p in nodes(graph)]
    assert same == [{k: v for k, v in p.items() if k not in volatile} for p in before]

    # A sixth sender inside the window: another sequence, so the old pattern of that date goes.
    write_ledger(graph, ["u c 5 29h id=late"])
    run(graph, ["patterns"], FORTNIGHT)
    found = {
        p["processing_date"].iso_format(): p["evidence_transaction_count"] for p in nodes(graph)
    }
    assert found == {"2024-01-15": 6, "2024-01-16": 5}
    assert len(nodes(graph)) == 2


def _kept_for_so_long(graph: Graph) -> None:
    """Patterns without an alert are kept for ninety days."""
    write_ledger(graph, ["v w 1 60d id=after"])
    for days, left in ((104, 2), (106, 1)):
        short_window = RunSpec(as_of=START + timedelta(days=days), window=timedelta(days=1))
        run(graph, ["patterns"], short_window)
        assert len(nodes(graph)) == left


@pytest.mark.parametrize(
    ("name", "entry"),
    [(name, entry) for name, rows in TYPOLOGIES.items() for entry in rows],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_parameters_are_the_motifs(name: str, entry: Any) -> None:
    assert name
    if entry.motif in motifs.names():
        motifs.bind(entry.motif, entry.parameters)
        assert set(entry.variants) <= {"static", "temporal", "conserving"}


RINGS = [
    "a b 100 1d", "b c 99 2d", "c a 98 3d",  # conserving
    "e f 120 2d", "f d 140 3d", "d e 100 1d",  # in time, but it grows
    "g h 100 3d", "h i 100 2d", "i g 100 1d",  # never in time
    "j k 100 1d", "k l 100 9d", "l j 100 2d",  # never in time, and longer than a week
    "m n 20 1d", "n o 20 2d", "o m 20 3d",  # conserving, of small amounts
]  # fmt: skip


def test_a_cycle_is_kept_once_in_its_strongest_variant(clean_graph: Graph) -> None:
    write_ledger(clean_graph, RINGS)
    run(clean_graph, ["patterns", "alerts"], FORTNIGHT)
    query = (
        "MATCH (p:Pattern {typology_type: 'circular_flow'}) "
        "RETURN [p.id, p.variant, p.confidence, p.evidence_volume_base] "
        "ORDER BY p.confidence DESC, p.volume DESC"
    )
    expected = []
    for variant, members, confidence, volume in (
        ("conserving", "case:a,case:b,case:c", 0.9, "297"),
        ("conserving", "case:m,case:n,case:o", 0.9, "60"),
        ("temporal", "case:d,case:e,case:f", 0.8, "360"),
        ("static", "case:g,case:h,case:i", 0.5, None),
    ):
        text = f"cycle|{variant}|case:coin|{members}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        expected.append([f"cycle_{digest}", variant, confidence, volume])
    assert nodes(clean_graph, query) == expected
    query = "MATCH (x:Alert {typology_type: 'circular_flow'}) RETURN count(x)"
    assert nodes(clean_graph, query) == [12]

    # Six dollars a coin: 297 of them are more than 1,000, 60 are not, 360 and 300 are.
    write_prices(clean_graph, [f"coin 6 {day}d" for day in range(1, 10)])
    run(clean_graph, ["patterns"], FORTNIGHT)
    query = (
        "MATCH (p:Pattern {typology_type: 'circular_flow'}) "
        "RETURN p.volume ORDER BY p.confidence DESC"
    )
    assert nodes(clean_graph, query) == [297.0, 360.0, 300.0]
