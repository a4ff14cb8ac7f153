"""The API over a small ledger in the real database."""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import polars as pl
import pytest

from api.actions import Actions
from api.app import AppConfig, create_app
from api.cli import main
from api.security.keys import create_key
from cypher.scores import ScoreRunSpec, publish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from cypher.graph import Graph

    Run = Callable[..., tuple[int, Any, str]]

HUGE = str(2**256 - 1)
COUNT = 60
IDS = [f"demo:a{i:02d}" for i in range(COUNT)]

LEDGER = """
MERGE (c:Checkpoint {network: 'demo'})
SET c.ledger = $ledger, c.transfers = size($transfers), c.accounts = size($ids)
WITH c
UNWIND range(0, size($ids) - 1) AS i
CREATE (:Account {id: $ids[i], network: split($ids[i], ':')[0], address: split($ids[i], ':')[1],
  kind: CASE WHEN i % 2 = 0 THEN 'account' ELSE 'contract' END, first_seen: 1700000000000 + i,
  last_seen: 1700000060000 + i, pagerank: i % 7, betweenness: toFloat(i), embedding: [0.1, 0.2],
  score_risk: 99.0, score_risk_run: 'copy', is_infra: i = 3,
  dominant_asset: 'demo:EUR', is_bot: i < 9})
WITH count(*) AS done
UNWIND $transfers AS t
MATCH (a:Account {id: t[1]}), (b:Account {id: t[2]})
CREATE (a)-[:TRANSFER {id: t[0], asset: t[3], amount_base: t[4], amount: toFloat(t[4]) / 100,
  ts: t[5], timestamp: datetime({epochMillis: t[5]}), ledger: t[6], ord: t[7],
  kind: 'payment'}]->(b)
WITH count(*) AS done
MATCH (a:Account {id: $ids[3]})
CREATE (a)-[:HAS_TAG]->(:Tag {id: 'tag1', label: 'Exchange 1', category: 'exchange',
  confidence: 0.5, source: 'pack'})
"""


def transfers() -> list[list[Any]]:
    """A ring of transfers, ties in time, a self-transfer, ledgers beyond 2^31."""
    start, base = 1_700_000_000_000, 2**33
    rows: list[list[Any]] = [
        [
            f"demo:t{i:03d}",
            IDS[i % COUNT],
            IDS[(i + 1) % COUNT],
            "demo:COIN",
            str(i + 1),
            start + i // 3 * 1000,
            base + i // 3,
            i % 3,
        ]
        for i in range(3 * COUNT)
    ]
    rows.append(["demo:huge", IDS[0], IDS[5], "demo:GOLD", HUGE, start, base, 7])
    rows.append(["demo:self", IDS[0], IDS[0], "demo:COIN", "5", start + 500, base, 8])
    return rows


@dataclass
class Client:
    """Sends GraphQL requests with one key."""

    http: httpx.AsyncClient
    keys: dict[str, str]
    graph: Graph

    async def post(
        self, query: str, variables: object = None, scope: str | None = "read"
    ) -> httpx.Response:
        headers = {} if scope is None else {"Authorization": f"Bearer {self.keys[scope]}"}
        body = {"query": query, "variables": variables}
        return await self.http.post("/graphql", json=body, headers=headers)

    async def data(self, query: str, variables: object = None, scope: str = "read") -> Any:
        answer = (await self.post(query, variables, scope)).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def error(self, query: str, variables: object = None, scope: str = "read") -> Any:
        answer = (await self.post(query, variables, scope)).json()
        assert answer.get("errors"), answer
        return answer["errors"][0]


def values() -> list[float]:
    """Scores with many ties."""
    return [float(i % 4) for i in range(COUNT)]


def publish_risk(graph: Graph, numbers: Sequence[float], model: str = "risk") -> str:
    frame = pl.DataFrame({"account": IDS, "value": numbers})
    return publish(graph, ScoreRunSpec(model), frame).run


def score_like_a_model(graph: Graph, model: str, run: str | None) -> Any:
    """A model that finds everybody equally risky."""
    frame = pl.DataFrame({"account": IDS, "value": [0.5] * COUNT})
    return publish(graph, ScoreRunSpec(model, version=run), frame)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with --json; gives its exit code, its object and what it said on stderr."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> tuple[int, Any, str]:
        monkeypatch.setattr(sys, "argv", ["ledgergraph", *map(str, words), "--json"])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        lines = captured.out.splitlines()
        assert len(lines) <= 1, "stdout holds more than one object"
        return code, json.loads(lines[0]) if lines else None, " ".join(captured.err.split())

    return run


@pytest.fixture
def connected(
    command: Run, graph: Graph, password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """The command on the tests' database, whatever is in it."""
    secret = tmp_path / "password"
    secret.write_text(password)
    monkeypatch.setenv("LEDGERGRAPH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_URI", graph.uri)
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_USER", graph.user)
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_PASSWORD_FILE", str(secret))
    return command


@pytest.fixture
def run(connected: Run, clean_graph: Graph) -> Run:
    """The command on the tests' database, emptied."""
    del clean_graph
    return connected


@pytest.fixture
def ledger(clean_graph: Graph) -> Graph:
    """The database with the small ledger and one active run of the model `risk`."""
    rows = transfers()
    with clean_graph.driver.session() as session:
        session.run(LEDGER, ids=IDS, transfers=rows, ledger=max(row[6] for row in rows)).consume()
    publish_risk(clean_graph, values())
    return clean_graph


@pytest.fixture
def config(graph: Graph, password: str) -> AppConfig:
    return AppConfig(
        neo4j_uri=graph.uri,
        neo4j_user=graph.user,
        neo4j_password=password,
        environment="production",
        actions=Actions(score=score_like_a_model),
    )


@pytest.fixture
async def client(ledger: Graph, config: AppConfig) -> AsyncIterator[Client]:
    async with serve(ledger, config) as client:
        yield client


@asynccontextmanager
async def serve(graph: Graph, config: AppConfig) -> AsyncIterator[Client]:
    """The application in this process, with a key for each scope."""
    keys = {scope: create_key(graph, [scope], "test") for scope in ("read", "write", "run")}
    app = create_app(config)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as http,
    ):
        yield Client(http, keys, graph)
