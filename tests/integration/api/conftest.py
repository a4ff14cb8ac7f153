"""The API over a small ledger in the real database."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import polars as pl
import pytest

from api.actions import Actions
from api.app import AppConfig, create_app
from api.security.keys import create_key
from core.server import status
from cypher.scores import ScoreRunSpec, publish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from api.settings import Settings
    from cypher.graph import Graph

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
  score_risk: 99.0, score_risk_run: 'copy', is_infra: i = 3})
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
def password(settings: Settings, graph: Graph) -> str:
    del graph  # it starts the embedded server
    if settings.neo4j_uri:
        return settings.password() if settings.neo4j_password_file else ""
    found = status(settings.server(quiet=True)).password_file
    return Path(found).read_text(encoding="utf-8").strip()


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
