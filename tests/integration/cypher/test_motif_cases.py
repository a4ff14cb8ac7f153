"""Every motif on its hand-made cases, each case a network of one graph that is written once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from polars.testing import assert_frame_equal

from cypher import motifs, prices
from tests.integration.gds_jobs.ledgers import short, write_ledger, write_prices, write_tags

if TYPE_CHECKING:
    import polars as pl

    from cypher.graph import Graph

CASES = Path(__file__).resolve().parents[2] / "cases" / "motifs"
ALL: dict[str, list[dict[str, Any]]] = {}
for path in sorted(CASES.glob("*.yaml")):
    # Ids in a case begin with `case:`; each case has a network of its own.
    blocks = path.read_text(encoding="utf-8").replace("case:", "CASE:")
    ALL[path.stem] = yaml.safe_load(blocks)
NAMED = [
    pytest.param(name, number, id=f"{name}: {case['name']}")
    for name, cases in ALL.items()
    for number, case in enumerate(cases)
]


@pytest.fixture(scope="module")
def written(graph: Graph, wiped: None) -> Graph:  # noqa: ARG001 - it empties the graph
    for name, cases in ALL.items():
        for number, case in enumerate(cases):
            network = f"{name}-{number}"
            write_case(graph, case, network)
            if "other" in case:
                write_case(graph, case["other"], f"{network}-other")
            derive_flows(graph, network)
    return graph


def write_case(graph: Graph, case: dict[str, Any], network: str) -> None:
    write_ledger(graph, case["transfers"], network, case.get("accounts"))
    write_tags(graph, case.get("tags", {}), network)
    write_prices(graph, case.get("prices", []), network)


def derive_flows(graph: Graph, network: str) -> None:
    """What the job does, without its bookkeeping."""
    begun = graph.write("writes/flows_begin", network=network, run="test").row(0, named=True)
    ends = {"first": f"{network}:", "last": f"{network};"}
    graph.write("writes/flows_derive", network=network, run="test", **ends)
    mark = {"ledger": begun["ledger"], "transfers": begun["transfers"]}
    graph.write("writes/flows_end", network=network, run="test", **mark)


def parameters(name: str, number: int) -> dict[str, str]:
    """A case's parameters, in its network."""
    network, case = f"{name}-{number}", ALL[name][number]
    given = {
        key: str(value).replace("CASE:", f"{network}:")
        for key, value in case.get("parameters", {}).items()
    }
    if any(parameter.name == "network" for parameter in motifs.describe(name).parameters):
        given["network"] = network
    return given


def matched(name: str, number: int, graph: Graph) -> pl.DataFrame:
    return motifs.match(graph, name, parameters(name, number))


def asks_for_an_asset(case: dict[str, Any]) -> bool:
    return "asset" in case.get("parameters", {})


def told(hit: dict[str, Any], keys: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(_plain(hit[key]) for key in keys)


def _plain(value: object) -> object:
    if isinstance(value, list):
        return short(value) if all(isinstance(v, str) for v in value) else tuple(value)
    if isinstance(value, str):
        return value.rsplit(":", 1)[-1]
    return round(value, 9) if isinstance(value, float) else value


@pytest.mark.parametrize(("name", "number"), NAMED)
def test_case(name: str, number: int, written: Graph) -> None:
    frame, hits = matched(name, number, written), ALL[name][number]["hits"]
    keys = tuple(key for key in frame.columns if all(key in hit for hit in hits or [{}]))
    assert {told(hit, keys) for hit in frame.to_dicts()} == {told(hit, keys) for hit in hits}
    assert len(frame) == len(hits)


@pytest.mark.parametrize(
    "name", [name for name in motifs.KERNELS.names() if any(map(asks_for_an_asset, ALL[name]))]
)
def test_a_kernel_counts_hubs_over_all_assets_as_its_query_does(name: str, written: Graph) -> None:
    for number, case in enumerate(ALL[name]):
        if asks_for_an_asset(case):
            bound = motifs.bind(name, parameters(name, number))
            query = written.read(f"motifs/{name}", **bound)
            assert_frame_equal(matched(name, number, written), query)


@pytest.mark.parametrize(
    "name", [name for name in motifs.KERNELS.names() if any("prices" in case for case in ALL[name])]
)
def test_a_kernel_values_transfers_as_its_query_does(name: str, written: Graph) -> None:
    for number, case in enumerate(ALL[name]):
        if "prices" in case:
            bound = motifs.bind(name, parameters(name, number))
            query = written.read(
                f"motifs/{name}", **{**bound, "prices": prices.table(written, bound)}
            )
            assert query.height
            assert_frame_equal(matched(name, number, written), query)


@pytest.mark.parametrize("name", motifs.names())
def test_evidence_exists_and_adds_up(name: str, written: Graph) -> None:
    """The first case with a hit of a motif: its transfers give amounts, times and accounts."""
    number = next(number for number, case in enumerate(ALL[name]) if case["hits"])
    frame = matched(name, number, written)
    assert len(frame)
    with written.driver.session() as session:
        for hit in frame.to_dicts():
            found = session.run(
                "MATCH (a)-[t:TRANSFER]->(b) WHERE t.id IN $ids "
                "RETURN count(t), sum(CASE WHEN t.asset = coalesce($asset, t.asset) "
                "THEN t.amount END), min(t.ts), max(t.ts), collect(a.id) + collect(b.id)",
                ids=hit["transfers"],
                asset=hit.get("asset"),
            ).single(strict=True)
            count, amount, first, last, ends = found.values()
            assert count == len(hit["transfers"])
            assert amount == pytest.approx(hit["volume"])
            assert first == hit["started"].timestamp() * 1000
            assert last == hit["ended"].timestamp() * 1000
            assert set(ends) == set(hit["accounts"])
            assert len(hit["accounts"]) == len(hit["roles"])
