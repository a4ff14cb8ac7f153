"""A hop over a bridge: a pattern with accounts and evidence of two networks, from both fronts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import START, write_ledger, write_prices, write_tags

if TYPE_CHECKING:
    from cypher.graph import Graph
    from tests.integration.api.conftest import Client, Run

pytestmark = pytest.mark.anyio

JOBS = ["patterns", "alerts", "alert_clusters"]
SPEC = RunSpec("near", as_of=START + timedelta(days=15), window=timedelta(days=15))
BRIDGE = {"subcategory": "bridge"}
# The same address on both networks, as where both are EVM chains; c pays with the same bridge too.
NEAR = ["a b 500 30h", "c b 50 3d", "a c 1 2d"]
FAR = ["o a 9900 32h asset=gold", "o c 1010 75h asset=gold"]
HITS = """{ motif(name: "bridge_hopping", parameters: {network: "near"}) {
  accountIds transfers volume extra accounts { id network } } }"""
ALERTS = """{ alerts(filter: {typologyType: "bridge_hopping"}, first: 10) { edges { node {
  id network account { id } volume volumeUsd volumeBase alertConfidenceScore clusterIds
  patterns { network asset evidence involved { accountId role position } }
} } } }"""


@pytest.fixture
def bridged(clean_graph: Graph) -> Graph:
    write_ledger(clean_graph, NEAR, "near")
    write_ledger(clean_graph, FAR, "far")
    write_tags(clean_graph, {"b": BRIDGE}, "near")
    write_tags(clean_graph, {"o": BRIDGE}, "far")
    write_prices(clean_graph, ["coin 20 1d", "coin 20 3d"], "near")
    write_prices(clean_graph, ["gold 1 1d", "gold 1 3d"], "far")
    hunt(clean_graph)
    return clean_graph


def hunt(graph: Graph) -> None:
    reports = run(graph, JOBS, SPEC)
    assert [report.error for report in reports] == [None] * len(reports)


async def test_over_graphql(bridged: Graph, client: Client) -> None:
    del bridged
    first, second = (await client.data(HITS))["motif"]
    assert first["accountIds"] == ["near:a", "near:b", "far:o", "far:a"]
    assert [account["network"] for account in first["accounts"]] == ["near", "near", "far", "far"]
    assert (first["volume"], first["extra"]["value_in"]) == (500.0, 10_000.0)
    assert (first["extra"]["asset"], first["extra"]["asset_out"]) == ("near:coin", "far:gold")
    assert (first["extra"]["amount_out"], first["extra"]["retained_ratio"]) == (9900.0, 0.99)
    assert second["accountIds"] == ["near:c", "near:b", "far:o", "far:c"]
    alerts = (await client.data(ALERTS))["alerts"]["edges"]
    found = {node["account"]["id"]: node for node in (edge["node"] for edge in alerts)}
    # About the accounts of the network the money left, of which alone the volume is.
    assert set(found) == {"near:a", "near:c"}
    alert = found["near:a"]
    assert (alert["network"], alert["alertConfidenceScore"]) == ("near", 0.5)
    assert (alert["volume"], alert["volumeUsd"], alert["volumeBase"]) == (500.0, 10_000.0, "500")
    assert found["near:c"]["volumeUsd"] == 1000.0
    (pattern,) = alert["patterns"]
    assert (pattern["network"], pattern["asset"]) == ("near", "near:coin")
    evidence = pattern["evidence"]
    assert (evidence["total_amount_base"], evidence["retained_ratio"]) == ("500", 0.99)
    told = [(hop["from"], hop["to"], hop["amount_base"]) for hop in evidence["transfers"]]
    assert told == [("near:a", "near:b", "500"), ("far:o", "far:a", "9900")]
    members = [(one["accountId"], one["role"], one["position"]) for one in pattern["involved"]]
    roles = ("source", "bridge_in", "bridge_out", "destination")
    assert members == list(zip(first["accountIds"], roles, range(4), strict=True))


def test_on_the_command_line_and_after_a_wipe(bridged: Graph, connected: Run) -> None:
    def told(*words: str) -> Any:
        code, answer, _ = connected(*words)
        assert code == 0, answer
        return answer

    hits = told("motifs", "bridge_hopping", "--param", "network=near")["hits"]
    assert [hit["value_out"] for hit in hits] == [9900.0, 1010.0]
    assert told("motifs", "bridge_hopping", "--param", "network=far")["hits"] == []
    listed = told("alerts", "--typology", "bridge_hopping")["alerts"]
    assert {alert["account"] for alert in listed} == {"near:a", "near:c"}
    shown = told("alert", "show", listed[0]["id"])
    assert len(shown["evidence"][0]["transfers"]) == 2
    clusters = told("alert", "clusters", "--network", "near")["clusters"]
    (joined,) = [cluster for cluster in clusters if cluster["cluster_type"] == "network"]
    assert joined["total_volume_usd"] == 11_000.0
    # Without the other network what is left of a pattern still reads, until the next run.
    told("wipe", "--network", "far")
    shown = told("alert", "show", listed[0]["id"])
    assert len(shown["evidence"][0]["transfers"]) == 1
    hunt(bridged)
    assert told("alerts", "--typology", "bridge_hopping")["alerts"] == []
