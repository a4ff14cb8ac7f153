from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cypher import motifs

if TYPE_CHECKING:
    from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

RUN = """
mutation ($input: RunJobsInput!) {
  runJobs(input: $input) { job state nodes seconds run network error }
}
"""


async def test_a_trained_model_scores_and_publishes(client: Client) -> None:
    query = 'mutation { scoreAccounts(input: {model: "equal", run: "r7"}) { id state version } }'
    run = (await client.data(query, scope="run"))["scoreAccounts"]
    assert (run["state"], run["version"]) == ("active", "r7")
    found = await client.data('{ account(id: "demo:a09") { score(model: "equal") { run value } } }')
    assert found["account"]["score"] == {"run": run["id"], "value": 0.5}


async def test_score_runs_page_newest_first(client: Client) -> None:
    query = 'mutation { scoreAccounts(input: {model: "equal"}) { id } }'
    made = [(await client.data(query, scope="run"))["scoreAccounts"]["id"] for _ in range(3)]
    page = """query ($after: String) { scoreRuns(model: "equal", first: 2, after: $after) {
      pageInfo { hasNextPage endCursor } edges { node { id state } } } }"""
    first = (await client.data(page))["scoreRuns"]
    second = (await client.data(page, {"after": first["pageInfo"]["endCursor"]}))["scoreRuns"]
    runs = [edge["node"] for edge in first["edges"] + second["edges"]]
    assert [run["id"] for run in runs] == made[::-1]
    assert [run["state"] for run in runs] == ["active", "retired", "retired"]
    assert second["pageInfo"]["hasNextPage"] is False


async def test_jobs_run_and_are_listed(client: Client) -> None:
    names = [job["name"] for job in (await client.data("{ jobs { name summary } }"))["jobs"]]
    assert {"degree", "flows", "pagerank", "wcc"} <= set(names)
    given = {"input": {"names": ["flows", "wcc"], "network": "demo"}}
    reports = (await client.data(RUN, given, "run"))["runJobs"]
    assert [report["job"] for report in reports] == ["flows", "wcc"]
    assert [report["error"] for report in reports] == [None, None]
    assert reports[1]["nodes"] == 60
    query = "{ jobRuns(first: 50) { edges { node { id job state network started finished } } } }"
    runs = [edge["node"] for edge in (await client.data(query))["jobRuns"]["edges"]]
    assert {report["run"] for report in reports} <= {run["id"] for run in runs}
    assert all(run["finished"] for run in runs)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"names": ["nothing"]}, "UNKNOWN_NAME"),
        ({"names": []}, "BAD_PARAMETER"),
        ({"names": ["wcc"], "window": "soon"}, "BAD_PARAMETER"),
        ({"names": ["wcc"], "asOf": "soon"}, "BAD_PARAMETER"),
    ],
)
async def test_bad_requests_run_no_job(client: Client, given: object, code: str) -> None:
    error = await client.error(RUN, {"input": given}, "run")
    assert error["extensions"]["code"] == code


async def test_motifs_are_found_with_their_evidence(client: Client) -> None:
    listed = (await client.data("{ motifs { name summary parameters { name type } } }"))["motifs"]
    assert [motif["name"] for motif in listed] == list(motifs.names())
    await client.data(RUN, {"input": {"names": ["flows"]}}, "run")
    query = """{ motif(name: "self_loop") {
      accountIds roles transfers volume started ended extra accounts { id network } } }"""
    hits = (await client.data(query))["motif"]
    assert [hit["accountIds"] for hit in hits] == [["demo:a00"]]
    assert hits[0]["transfers"] == ["demo:self"]
    assert hits[0]["accounts"] == [{"id": "demo:a00", "network": "demo"}]
    assert isinstance(hits[0]["extra"], dict)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('name: "nothing"', "UNKNOWN_NAME"),
        ('name: "self_loop", parameters: {nothing: 1}', "BAD_PARAMETER"),
        ('name: "self_loop", parameters: [1]', "BAD_REQUEST"),
        ('name: "self_loop", limit: 0', "BAD_REQUEST"),
        ('name: "self_loop", limit: 1000', "LIMIT"),
    ],
)
async def test_bad_motif_requests_are_told(client: Client, arguments: str, code: str) -> None:
    error = await client.error(f"{{ motif({arguments}) {{ volume }} }}")
    assert error["extensions"]["code"] == code
