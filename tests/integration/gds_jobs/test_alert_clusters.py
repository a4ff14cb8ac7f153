"""Clusters of alerts: the four rules on alerts by hand, ids recomputed, every transfer once."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from core.schema import RunState
from cypher import alerts as kept
from gds_jobs import clusters
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import START, write_ledger, write_prices

if TYPE_CHECKING:
    from cypher.graph import Graph

SPEC = RunSpec(as_of=START + timedelta(days=15), window=timedelta(days=15))
DAY = datetime(2024, 1, 3, tzinfo=UTC)
# a and b share the counterparty m; c and d deal directly; e knows only infrastructure.
LEDGER = ["a m 10 1d id=t1", "b m 10 2d id=t2", "c d 10 3d id=t3", "e hot 10 3d id=t4",
          "a hot 10 3d id=t5", "z m 9 20d"]  # fmt: skip


def row(key: str, account: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "account": f"case:{account}",
        "entity": None,
        "typology_type": "fan_in",
        "asset": "case:coin",
        "pattern_id": None,
        "started": DAY,
        **more,
    }


def put(graph: Graph, key: str, account: str, **more: Any) -> None:
    properties = {
        "network": "case",
        "window_days": 15,
        "typology_type": "fan_in",
        "asset": "case:coin",
        "severity": "medium",
        "alert_confidence_score": 0.5,
        "pattern_id": None,
        "transfers": [],
        "started": DAY,
        "ended": DAY,
        "run": "test",
        **more,
    }
    status = properties.pop("status", "open")
    kept.store(graph, [[key, "2024-01-15", properties, f"case:{account}", [], status]])


def found(graph: Graph) -> dict[str, list[list[str]]]:
    query = (
        "MATCH (c:AlertCluster)<-[:IN_CLUSTER]-(x:Alert) WITH c, x ORDER BY x.id "
        "WITH c, collect(x.id) AS ids ORDER BY ids[0] RETURN c.cluster_type, collect(ids)"
    )
    with graph.driver.session() as session:
        return dict(session.run(query).values())


def test_clusters_of_a_batch(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER, accounts={"hot": {"is_infra": True}, "c": {"entity": "E"}})
    with clean_graph.driver.session() as session:
        session.run("MATCH (a:Account {address: 'e'}) SET a.entity = 'E'").consume()
        session.run("MATCH (a:Asset) SET a.asset_class = 'fiat', a.symbol = 'USD'").consume()
    ids = "case:{}:{}".format
    put(clean_graph, "1", "a", transfers=[ids(86400, "t1")], pattern_id="p", severity="high")
    put(clean_graph, "2", "b", transfers=[ids(86400, "t1"), ids(172800, "t2")], pattern_id="p")
    put(clean_graph, "3", "c", started=DAY + timedelta(hours=30))
    put(clean_graph, "4", "d")
    put(clean_graph, "5", "e", pattern_id="q", status="dismissed")
    put(clean_graph, "6", "e", pattern_id="q")
    (_, report) = run(clean_graph, ["alert_clusters"], SPEC)
    assert report.error is None
    assert found(clean_graph) == {
        "network": [["1", "2"], ["3", "4"]],
        "same_entity": [["3", "6"]],
        "same_pattern": [["1", "2"]],
    }
    with clean_graph.driver.session() as session:
        query = "MATCH (c:AlertCluster {cluster_type: 'same_pattern'}) RETURN c {.*}"
        cluster = session.run(query).value()[0]
    key = hashlib.sha256(b"case|2024-01-15|15|same_pattern|1|2").hexdigest()[:16]
    assert (cluster["id"], cluster["pattern_id"]) == (key, "p")
    assert (cluster["primary_alert_id"], cluster["primary_address"]) == ("1", "a")
    assert (cluster["total_alerts"], cluster["severity_max"]) == (2, "high")
    assert cluster["addresses_involved"] == ["a", "b"]
    assert cluster["total_volume_usd"] == 20.0  # t1 is in both and counts once
    assert cluster["confidence_avg"] == 0.5

    put(clean_graph, "7", "a", pattern_id="p")
    run(clean_graph, ["alert_clusters"], SPEC)
    assert found(clean_graph)["same_pattern"] == [["1", "2", "7"]]
    assert found(clean_graph)["same_entity"] == [["1", "7"], ["3", "6"]]

    with clean_graph.driver.session() as session:
        session.run("MATCH (a:Asset) SET a.asset_class = 'native'").consume()
    total = "MATCH (c:AlertCluster {cluster_type: 'same_pattern'}) RETURN c.total_volume_usd"
    for line, expected in (("coin 3 1d", None), ("coin 5 2d", 80.0)):  # 10 on both days
        write_prices(clean_graph, [line])
        run(clean_graph, ["alert_clusters"], SPEC)
        with clean_graph.driver.session() as session:
            assert session.run(total).value() == [expected]


def test_temporal_needs_three_within_a_day_that_share_a_counterparty() -> None:
    alerts = pl.DataFrame(
        [
            row("1", "a"),
            row("2", "b", started=DAY + timedelta(hours=24)),
            row("3", "c", started=DAY + timedelta(hours=3)),
            row("4", "d", started=DAY + timedelta(hours=25)),  # a day later
            row("5", "a", typology_type="fan_out"),
            row("6", "e"),  # shares nothing
        ]
    )
    pairs = pl.DataFrame(
        {
            "account": ["case:a", "case:b", "case:b", "case:c", "case:d", "case:e"],
            "counterparty": ["m", "m", "n", "n", "m", "o"],
        }
    )
    assert clusters.temporal(alerts, pairs)["id"].to_list() == ["1", "2", "3"]
    assert clusters.temporal(alerts.filter(pl.col("id") != "3"), pairs).is_empty()


def test_a_large_network_is_split_by_leiden(clean_graph: Graph) -> None:
    """Two dense groups of thirty that one edge joins are more than fifty together."""
    lines, place = [], 0
    for group in "xy":
        for i in range(30):
            for step in (1, 2, 3):
                place += 1
                lines.append(f"{group}{i} {group}{(i + step) % 30} 5 1d ord={place}")
    write_ledger(clean_graph, [*lines, "x0 y0 5 2d"])
    for group in "xy":
        for i in range(30):
            put(clean_graph, f"{group}{i:02}", f"{group}{i}", started=None, ended=None)
    run(clean_graph, ["alert_clusters"], SPEC)
    groups = found(clean_graph)["network"]
    assert max(len(group) for group in groups) <= 50
    assert all(len({key[0] for key in group}) == 1 for group in groups)
    assert sum(len(group) for group in groups) == 60
    with clean_graph.driver.session() as session:
        assert session.run("CALL gds.graph.list() YIELD graphName RETURN count(*)").value() == [0]


def test_what_leiden_cannot_split_is_cut(clean_graph: Graph) -> None:
    """One account with sixty alerts and a neighbour; a star of thirty with two alerts each."""
    star = [f"r s{i} 5 1d ord={i}" for i in range(1, 30)]
    write_ledger(clean_graph, ["p q 5 1d", "o m 5 1d", *star])
    counts = {"p": 60, "q": 2, "o": 60, "r": 2} | {f"s{i}": 2 for i in range(1, 30)}
    for name, count in counts.items():
        for i in range(count):
            put(clean_graph, f"{name}-{i:02}", name, started=None, ended=None)
    (_, report) = run(clean_graph, ["alert_clusters"], SPEC)
    assert (report.state, report.error) == (RunState.SEALED, None)
    groups = found(clean_graph)["network"]
    assert [len(group) for group in groups] == [50, 10]
    assert {key.split("-")[0] for group in groups for key in group} == counts.keys() - set("pqo")
