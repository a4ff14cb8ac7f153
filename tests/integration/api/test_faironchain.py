"""`/v1/top` and `/v1/address` say what the table of the month says, to callers with a key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from api.actions import Actions, run_jobs
from api.anomaly import table
from core.schema import RunState
from gds_jobs.job import RunSpec
from tests.integration.api.conftest import serve
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from api.app import AppConfig
    from cypher.graph import Graph

MONTH = {"chain": "case", "year": "2024", "month": "1"}
pytestmark = pytest.mark.anyio


@pytest.fixture
def kept(clean_graph: Graph, tmp_path: Path) -> Path:
    lines = [f"a{n} hub 1000000000000000000 {n}h" for n in range(1, 9)]
    write_ledger(
        clean_graph,
        [*lines, "hub 0xAb 2500000900000000001 20h", "inf hub 1 21h"],
        accounts={"inf": {"is_infra": True}},
    )
    (report,) = run_jobs(clean_graph, ["anomaly"], RunSpec(), archive=tmp_path)
    assert report.state == RunState.SEALED
    return tmp_path


async def test_both_addresses(kept: Path, clean_graph: Graph, config: AppConfig) -> None:
    rows = {row["address"]: row for row in pl.read_parquet(kept / "*.table.parquet").to_dicts()}
    own = replace(config, actions=Actions(archive=kept))
    async with serve(clean_graph, own) as client:
        headers = {"Authorization": f"Bearer {client.keys['read']}"}

        async def get(path: str, **query: str) -> tuple[int, Any]:
            answer = await client.http.get(path, params=MONTH | query, headers=headers)
            return answer.status_code, answer.json()

        status, best = await get("/v1/top", n="3")
        assert status == 200
        scores = sorted(
            (-row["final_score_0_100"], name) for name, row in rows.items() if not row["is_infra"]
        )
        assert best == [
            {"ranking": place, "address": name, "final_score_0_100": round(-score, 1)}
            for place, (score, name) in enumerate(scores[:3], 1)
        ]
        status, hub = await get("/v1/address", addr="hub")
        assert (status, hub["meta"]["period"], hub["meta"]["chain"]) == (200, "2024-01", "case")
        assert hub["features"]["degree"]["in_degree"] == 9
        assert hub["features"]["amounts"] == {
            "total_input_amount_eth": "8.000000",
            "total_output_amount_eth": "2.500001",
        }
        assert hub["features"]["egonet"]["egonet_density"] == round(
            rows["hub"]["egonet_density"], 1
        )
        assert hub["scores"]["final_score_0_100"] == round(rows["hub"]["final_score_0_100"], 1)
        fired = [rule for rule in table.RULES if rows["hub"][f"{rule}_flag"]]
        assert hub["explanations"]["rule_ids"] == fired
        status, infra = await get("/v1/address", addr="inf")
        assert infra["features"] == {
            "is_infra": True, "degree": None, "amounts": None, "motifs": None, "egonet": None,
        }  # fmt: skip
        assert (infra["scores"], infra["explanations"]) == (None, None)
        assert await get("/v1/address", addr="nobody") == (200, [])
        assert (await get("/v1/top", month="2"))[0] == 404
        for wrong in ({"month": "13"}, {"year": "x"}, {"n": "0"}, {"chain": "../x"}):
            assert (await get("/v1/top", **wrong))[0] == 400
        assert (await get("/v1/address"))[0] == 400
        assert (await client.http.get("/v1/top", params=MONTH)).status_code == 401
        headers["Authorization"] = f"Bearer {client.keys['write']}"
        assert (await get("/v1/top"))[0] == 403
