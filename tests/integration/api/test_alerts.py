"""Alerts over GraphQL and on the command line: pages, evidence, feedback, decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import START, write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph
    from tests.integration.api.conftest import Client, Run

pytestmark = pytest.mark.anyio

SPEC = RunSpec(
    network="case",
    as_of=START + timedelta(days=15),
    window=timedelta(days=15),
    parameters={"infrastructure": {"top": 2}},
)
JOBS = ["patterns", "alerts", "entities", "alert_clusters", "infrastructure"]
FANS = [f"{c}{i} {c} {100 + i} {2 * i + 1}d" for c in "xyz" for i in range(5)]
# The first senders of x and y have one owner, and so have z's first two.
SPEND = ["x0 q 5 1d kind=utxo id=tx:0:0", "y0 q 5 1d kind=utxo id=tx:0:1"]
JOINED = ["x z 5 14d"]


@pytest.fixture
def case(ledger: Graph) -> Graph:
    """A network of its own beside the small ledger, with everything the jobs find in it."""
    write_ledger(ledger, [*FANS, *SPEND, *JOINED])
    reports = run(ledger, JOBS, SPEC)
    assert [report.error for report in reports] == [None] * len(reports)
    return ledger


PAGE = """query ($filter: AlertFilter, $after: String) {
  alerts(filter: $filter, first: 2, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node {
      id priority status typologyType account { id address } patterns { id }
    } }
  }
}"""
ALERT = """query ($id: ID!) { alert(id: $id) {
  status volumeBase clusterIds feedback { verdict analyst comment confidence mutedUntil }
  account { tags { label riskLevel source trustLevel expiresAt } }
  patterns { id patternHash variant evidence involved { accountId role position } } } }"""
FEEDBACK = """mutation ($input: FeedbackInput!) {
  giveFeedback(input: $input) { id status feedback { verdict } } }"""


async def pages(client: Client, given: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after, more = None, True
    while more:
        page = (await client.data(PAGE, {"filter": given, "after": after}))["alerts"]
        found += [edge["node"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


async def test_alerts_patterns_clusters_and_decisions_over_graphql(
    client: Client, case: Graph
) -> None:
    every = await pages(client, {"network": "case"})
    assert len(every) == len({alert["id"] for alert in every}) >= 3
    places = [(-alert["priority"], alert["id"]) for alert in every]
    assert places == sorted(places)
    found = [alert for alert in every if alert["typologyType"] == "fan_in"]
    (alert,) = [one for one in found if one["account"]["id"] == "case:y"]
    assert await pages(client, {"account": "case:y", "typologyType": "fan_in"}) == [alert]
    assert await pages(client, {"status": "CONFIRMED"}) == []

    shown = (await client.data(ALERT, {"id": alert["id"]}))["alert"]
    (pattern,) = shown["patterns"]
    evidence = pattern["evidence"]
    assert shown["volumeBase"] == evidence["total_amount_base"] == str(510)
    assert evidence["accounts"][0] == {"id": "case:y", "role": "center", "position": 0}
    hops = [
        (hop["hop"], hop["from"], hop["to"], hop["amount_base"]) for hop in evidence["transfers"]
    ]
    assert hops == [(i, f"case:y{i}", "case:y", str(100 + i)) for i in range(5)]
    start = int(START.timestamp() * 1000)
    assert evidence["start_ts"] == start + 86_400_000
    assert evidence["duration_s"] == 8 * 86_400
    keys = {"pattern_id", "instance_id", "pattern_type", "variant", "asset", "accounts",
            "transfers", "start_ts", "end_ts", "duration_s", "total_amount_base",
            "retained_ratio", "params", "truncated", "detector_version"}  # fmt: skip
    assert set(evidence) == keys
    params = evidence["params"]
    assert (params["min_sources"], params["window"], params["max_other"]) == ("5", "P14D", "3")

    given = {"alert": alert["id"], "verdict": "DISMISSED", "comment": "payroll", "analyst": "ann"}
    error = await client.error(FEEDBACK, {"input": given}, "read")
    assert error["extensions"]["code"] == "FORBIDDEN"
    said = (await client.data(FEEDBACK, {"input": given}, "write"))["giveFeedback"]
    assert (said["status"], said["feedback"]) == ("DISMISSED", [{"verdict": "DISMISSED"}])
    after = (await client.data(ALERT, {"id": alert["id"]}))["alert"]
    assert after["feedback"][0]["analyst"].startswith("ann (key ")
    assert after["feedback"][0]["mutedUntil"]
    (tag,) = (tag for tag in after["account"]["tags"] if tag["label"] == "dismissed: fan_in")
    assert (tag["riskLevel"], tag["trustLevel"], tag["source"]) == ("low", "verified", "analyst")
    assert datetime.fromisoformat(tag["expiresAt"]) > datetime.now(UTC) + timedelta(days=364)
    assert (await pages(client, {"network": "case"}))[-1]["id"] == alert["id"]  # settled: last
    run(case, ["alerts"], SPEC)
    assert (await client.data(ALERT, {"id": alert["id"]}))["alert"]["status"] == "DISMISSED"
    assert (await client.data(ALERT, {"id": "none"}))["alert"] is None
    await _patterns_and_clusters(client)
    await _decisions(client)


async def _patterns_and_clusters(client: Client) -> None:
    query = """query ($after: String) { patterns(
      filter: {patternType: "fan_in", account: "case:x"}, first: 1, after: $after) {
      pageInfo { endCursor hasNextPage } edges { node { id typologyType processingDate } } } }"""
    page = (await client.data(query))["patterns"]
    assert page["edges"][0]["node"]["processingDate"] == "2024-01-15"
    rest = (await client.data(query, {"after": page["pageInfo"]["endCursor"]}))["patterns"]
    seen = [edge["node"]["id"] for edge in page["edges"] + rest["edges"]]
    assert len(set(seen)) == len(seen)
    query = """{ alertClusters(filter: {network: "case", clusterType: "network"}) { edges { node {
      id totalAlerts severityMax relatedAlertIds alerts { id account { id } } } } } }"""
    (edge,) = (await client.data(query))["alertClusters"]["edges"]
    cluster = edge["node"]
    assert cluster["totalAlerts"] == len(cluster["relatedAlertIds"]) == len(cluster["alerts"])
    accounts = {alert["account"]["id"] for alert in cluster["alerts"]}
    assert {"case:x", "case:z"} <= accounts


async def _decisions(client: Client) -> None:
    listed = await client.data("{ infraProposals { edges { node { accountId degreeRank } } } }")
    first = listed["infraProposals"]["edges"][0]["node"]
    decide = """mutation ($input: InfraDecisionInput!) {
      decideInfra(input: $input) { accountId state version } }"""
    given = {"input": {"account": first["accountId"], "accept": True, "reason": "exchange"}}
    assert (await client.data(decide, given, "write"))["decideInfra"]["state"] == "accepted"
    query = "query ($id: ID!) { account(id: $id) { isInfra tags { category } } }"
    account = (await client.data(query, {"id": first["accountId"]}))["account"]
    assert account == {"isInfra": True, "tags": [{"category": "infrastructure"}]}

    links = '{ entityLinks(account: "case:y0") { source target rule state decidedBy } }'
    (link,) = (await client.data(links))["entityLinks"]
    assert (link["source"], link["target"], link["rule"]) == ("case:x0", "case:y0", "co_spend")
    cut = """mutation { decideEntityLink(input: {
      source: "case:x0", target: "case:y0", accept: false, reason: "mixer"}) { rules state } }"""
    done = (await client.data(cut, scope="write"))["decideEntityLink"]
    assert done == {"rules": ["co_spend"], "state": "cut"}
    assert (await client.data(links))["entityLinks"][0]["state"] == "cut"
    error = await client.error(cut.replace("y0", "y1"), scope="write")
    assert error["extensions"]["code"] == "NOT_FOUND"


def test_on_the_command_line(case: Graph, connected: Run) -> None:
    del case

    def told(*words: str) -> Any:
        code, answer, _ = connected(*words)
        assert code == 0, answer
        return answer

    listed = told("alerts", "--network", "case", "--typology", "fan_in", "--account", "case:y")
    (alert,) = listed["alerts"]
    shown = told("alert", "show", alert["id"])
    assert shown["evidence"][0]["pattern_id"] == alert["pattern_id"]
    words = ("--verdict", "confirmed", "--comment", "mule", "--confidence", "0.8")
    given = told("alert", "feedback", alert["id"], *words, "--analyst", "ann")
    assert (given["status"], given["alert"]) == ("confirmed", alert["id"])
    assert told("alerts", "--status", "confirmed")["alerts"][0]["feedback"][0]["analyst"] == "ann"
    (first, *_) = told("infra", "list", "--network", "case")["proposals"]
    assert told("infra", "reject", first["account"], "--reason", "no")["version"] == 1
    assert told("infra", "accept", first["account"])["state"] == "accepted"
    assert told("entity", "show", "case:x0")["links"][0]["target"] == "case:y0"
    assert told("entity", "cut", "case:x0", "case:y0")["state"] == "cut"
    assert told("entity", "accept", "case:x0", "case:y0")["state"] == "accepted"
    (cluster, *_) = told("alert", "clusters", "--network", "case", "--kind", "network")["clusters"]
    together = told("alerts", "--cluster", cluster["id"])["alerts"]
    assert {one["id"] for one in together} == set(cluster["related_alert_ids"])
    assert "T" in together[0]["created_at"]
    assert told("alerts", "--network", "nowhere")["alerts"] == []
    code, answer, _ = connected("alert", "show", "none")
    assert (code, answer["error"]["code"]) == (1, "NOT_FOUND")
    code, _, stderr = connected("alerts", "--typology", "fanin")
    assert (code, "'fan_in'" in stderr) == (2, True)
    code, _, stderr = connected("alerts", "--status", "opened")
    assert (code, "in_review" in stderr) == (2, True)
