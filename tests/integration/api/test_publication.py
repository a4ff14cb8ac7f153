from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import polars as pl
import pytest

from api.scoring import free_name
from cypher.scores import BATCH_ROWS, ScoreRunSpec, publish
from tests.integration.api.conftest import IDS, publish_risk

if TYPE_CHECKING:
    from cypher.graph import Graph
    from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

PUBLISH = """
mutation ($input: PublishScoresInput!) {
  publishScores(input: $input) { id model state accounts version asOf hash }
}
"""
READ = """
{ accounts(first: 10, orderBy: {score: "risk"}) {
    run edges { node { score(model: "risk") { value run } } } }
  again: account(id: "demo:a00") { scores { value run } }
  models { name activeRun } }
"""
READERS, RUNS = 200, 5


async def test_scores_computed_elsewhere_come_back_on_the_accounts(client: Client) -> None:
    rows: list[dict[str, Any]] = [{"account": i, "value": n / 7} for n, i in enumerate(IDS)]
    rows[2] |= {"reasons": ["many small transfers", "new account"], "band": "high"}
    given = {"model": "mine", "scores": rows, "version": "3", "asOf": "2024-01-31T00:00:00Z"}
    run = (await client.data(PUBLISH, {"input": given}, "write"))["publishScores"]
    assert (run["model"], run["state"], run["accounts"]) == ("mine", "active", 60)
    assert (run["version"], run["asOf"]) == ("3", "2024-01-31T00:00:00+00:00")
    query = (
        '{ account(id: "demo:a02") { score(model: "mine") { value percentile band reasons run } } '
        f'scoreRun(id: "{run["id"]}") {{ hash prevHash }} models {{ name activeRun }} }}'
    )
    found = await client.data(query)
    assert found["account"]["score"] == {
        "value": 2 / 7,
        "percentile": pytest.approx(2.5 / 60 * 100),
        "band": "high",
        "reasons": ["many small transfers", "new account"],
        "run": run["id"],
    }
    assert found["scoreRun"] == {"hash": run["hash"], "prevHash": None}
    assert {"name": "mine", "activeRun": run["id"]} in found["models"]
    with client.graph.driver.session() as session:
        row = session.run("MATCH (a:Account {id: 'demo:a02'}) RETURN properties(a)").single()
    assert row is not None
    assert row[0]["score_mine"] == 2 / 7
    assert row[0]["score_mine_run"] == run["id"]


async def test_columns_say_the_same_as_rows(client: Client) -> None:
    columns = {"account": IDS, "value": [float(i) for i in range(60)], "percentile": [50.0] * 60}
    rows = [{"account": i, "value": float(n), "percentile": 50.0} for n, i in enumerate(IDS)]
    first = await client.data(PUBLISH, {"input": {"model": "a", "columns": columns}}, "write")
    second = await client.data(PUBLISH, {"input": {"model": "b", "scores": rows}}, "write")
    assert first["publishScores"]["hash"] == second["publishScores"]["hash"]


async def test_a_large_publication_arrives_whole(client: Client) -> None:
    count = BATCH_ROWS * 2 + 1
    ids = [f"big:a{i:06d}" for i in range(count)]
    with client.graph.driver.session() as session:
        session.run("UNWIND $ids AS id CREATE (:Account {id: id, network: 'big'})", ids=ids)
    rows = [{"account": i, "value": n / count} for n, i in enumerate(ids)]
    given = {"input": {"model": "large", "scores": rows}}
    assert len(json.dumps(given)) > 256 * 1024
    run = (await client.data(PUBLISH, given, "write"))["publishScores"]
    assert run["accounts"] == count
    top = await client.data(
        '{ accounts(first: 1, orderBy: {score: "large"}) { edges { node { id } } } }'
    )
    assert top["accounts"]["edges"][0]["node"]["id"] == ids[-1]


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"scores": [{"account": "demo:zz", "value": 1}]}, "NOT_FOUND", "demo:zz"),
        (
            {"scores": [{"account": IDS[0], "value": 1}, {"account": "demo:zz", "value": 1}]},
            "NOT_FOUND",
            "demo:zz",
        ),
        ({"scores": [{"account": IDS[0], "value": 1}] * 2}, "BAD_PARAMETER", "more than once"),
        ({"scores": []}, "BAD_PARAMETER", "no rows"),
        ({}, "BAD_PARAMETER", "exactly one"),
        (
            {"scores": [{"account": IDS[0], "value": 1, "percentile": 101}]},
            "BAD_PARAMETER",
            "outside [0, 100]",
        ),
        ({"scores": [{"account": IDS[0], "value": 1, "band": "odd"}]}, "BAD_PARAMETER", "band"),
        ({"columns": {"account": IDS[:2], "value": [1.0]}}, "BAD_PARAMETER", "holds 1 values"),
        ({"scores": [{"account": IDS[0], "value": "x"}]}, "BAD_REQUEST", "Float"),
        (
            {"model": "Not Usable", "columns": {"account": [], "value": []}},
            "BAD_PARAMETER",
            "model",
        ),
    ],
)
async def test_a_refused_publication_writes_nothing(
    client: Client, given: dict[str, object], code: str, message: str
) -> None:
    error = await client.error(PUBLISH, {"input": {"model": "bad", **given}}, "write")
    assert error["extensions"]["code"] == code
    assert message in error["message"]
    found = await client.data("{ models { name } scoreRuns { edges { node { model } } } }")
    assert [model["name"] for model in found["models"]] == ["risk"]
    assert [edge["node"]["model"] for edge in found["scoreRuns"]["edges"]] == ["risk"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_numbers_that_are_none_are_refused(client: Client, number: str) -> None:
    text = json.dumps({"query": PUBLISH, "variables": {"input": {"model": "bad", "scores": "@"}}})
    body = text.replace('"@"', f'[{{"account": "{IDS[0]}", "value": {number}}}]')
    headers = {"content-type": "application/json", "x-api-key": client.keys["write"]}
    answer = (await client.http.post("/graphql", content=body, headers=headers)).json()
    assert answer["errors"][0]["extensions"]["code"] in ("BAD_REQUEST", "BAD_PARAMETER")


async def test_readers_never_see_two_runs_mixed(client: Client) -> None:
    """Run k gives every account the score k plus its own place, so each value tells its run."""
    numbers = {publish_risk(client.graph, [0.0 + i for i in range(60)]): 0}
    answers: list[Any] = []
    done = False

    async def read() -> None:
        while True:
            answers.append(await client.data(READ))
            if done:
                return

    async def write() -> None:
        nonlocal done
        for number in range(1, RUNS + 1):
            while len(answers) < number * READERS // 4:  # noqa: ASYNC110 - a count
                await anyio.sleep(0.01)
            values = [1000.0 * number + i for i in range(60)]
            run = await anyio.to_thread.run_sync(publish_risk, client.graph, values)
            numbers[run] = number
        done = True

    async with anyio.create_task_group() as group:
        for _ in range(READERS):
            group.start_soon(read)
        group.start_soon(write)
    assert len(numbers) == RUNS + 1
    assert len(answers) >= READERS + RUNS * READERS // 4
    seen = set()
    for answer in answers:
        run = answer["accounts"]["run"]
        seen.add(run)
        start = 1000.0 * numbers[run]
        nodes = [edge["node"] for edge in answer["accounts"]["edges"]]
        assert [node["score"]["value"] for node in nodes] == [start + i for i in range(59, 49, -1)]
        assert {node["score"]["run"] for node in nodes} == {run}
        assert answer["again"]["scores"] == [{"value": start, "run": run}]
        assert answer["models"] == [{"name": "risk", "activeRun": run}]
    assert len(seen) >= RUNS - 1


async def test_accounts_of_other_networks_are_refused(client: Client) -> None:
    scores = [{"account": IDS[0], "value": 1.0}]
    given = {"model": "risk", "network": "elsewhere", "scores": scores}
    error = await client.error(PUBLISH, {"input": given}, scope="write")
    assert error["extensions"]["code"] == "BAD_PARAMETER"
    assert "'elsewhere' is not the network of 1 accounts" in error["message"]


async def test_a_run_of_another_network_keeps_its_name(ledger: Graph) -> None:
    frame = pl.DataFrame({"account": IDS[:3], "value": [1.0, 2.0, 3.0]})
    assert free_name(ledger, "net", "demo") == "net"
    publish(ledger, ScoreRunSpec("net", network="demo"), frame)
    assert free_name(ledger, "net", "demo") == "net"
    assert free_name(ledger, "net", None) == "net"
    assert free_name(ledger, "net", "Other-1") == "net_other_1"
