from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from api.app import create_app
from api.security.keys import create_key, identity, list_keys, revoke_key
from api.security.limits import Limits
from core.errors import NotFoundError, ParameterError
from tests.integration.api.conftest import serve

if TYPE_CHECKING:
    from api.app import AppConfig
    from cypher.graph import Graph
    from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

MODELS = "{ models { name } }"
PUBLISH = 'mutation { publishScores(input: {model: "x", scores: []}) { id } }'


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer lg_0123456789abcdef_" + "0" * 64},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic bGc6eA=="},
        {"X-API-Key": ""},
    ],
)
async def test_wrong_keys_are_refused(client: Client, headers: dict[str, str]) -> None:
    answer = await client.http.post("/graphql", json={"query": MODELS}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]


async def test_half_a_right_key_is_refused(client: Client) -> None:
    key = client.keys["read"]
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    for text in (wrong, key.upper(), key[:-1]):
        answer = await client.http.post(
            "/graphql", json={"query": MODELS}, headers={"X-API-Key": text}
        )
        assert answer.status_code == 401


async def test_scopes_are_kept(client: Client) -> None:
    assert (await client.error(PUBLISH, scope="read"))["extensions"]["code"] == "FORBIDDEN"
    assert (await client.error(PUBLISH, scope="run"))["extensions"]["code"] == "FORBIDDEN"
    assert (await client.error(MODELS, scope="write"))["extensions"]["code"] == "FORBIDDEN"
    run = 'mutation { runJobs(input: {names: ["wcc"]}) { job } }'
    assert (await client.error(run, scope="write"))["extensions"]["code"] == "FORBIDDEN"


async def test_a_revoked_key_stops_working(ledger: Graph, config: AppConfig) -> None:
    config = replace(config, limits=Limits(key_seconds=0.0))
    async with serve(ledger, config) as client:
        key = create_key(ledger, ["read", "admin"], "short lived")
        headers = {"X-API-Key": key}
        body = {"query": MODELS}
        assert (await client.http.post("/graphql", json=body, headers=headers)).status_code == 200
        revoke_key(ledger, identity(key.rpartition("_")[0]))
        assert (await client.http.post("/graphql", json=body, headers=headers)).status_code == 401
    listed = list_keys(ledger).filter(name="short lived").row(0, named=True)
    assert listed["scopes"] == ["admin", "read"]
    assert listed["revoked"] is not None
    with ledger.driver.session() as session:
        stored = session.run("MATCH (k:ApiKey) RETURN collect(properties(k))").single()
    assert key.split("_")[2] not in str(stored)
    with pytest.raises(NotFoundError):
        revoke_key(ledger, "nobody")
    with pytest.raises(ParameterError):
        create_key(ledger, ["everything"])


async def test_reading_without_a_key_is_for_development_on_this_machine(
    ledger: Graph, config: AppConfig
) -> None:
    body = {"query": MODELS}
    opened = replace(config, environment="development", open_read=True)
    async with serve(ledger, opened) as client:
        assert (await client.http.post("/graphql", json=body)).status_code == 200
        refused = (await client.http.post("/graphql", json={"query": PUBLISH})).json()
        assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        headers = {"Host": "rebound.example"}
        assert (await client.http.post("/graphql", json=body, headers=headers)).status_code == 401
    async with serve(ledger, replace(opened, environment="production")) as client:
        assert (await client.http.post("/graphql", json=body)).status_code == 401


async def test_only_json_over_post(client: Client) -> None:
    key = {"X-API-Key": client.keys["read"]}
    url = "/graphql"
    text = '{"query": "{ models { name } }"}'
    plain = await client.http.post(url, content=text, headers={**key, "content-type": "text/plain"})
    assert plain.status_code == 415
    form = await client.http.post(url, data={"query": MODELS}, headers=key)
    assert form.status_code == 415
    files = {"operations": (None, text), "map": (None, "{}")}
    assert (await client.http.post(url, files=files, headers=key)).status_code == 415
    got = await client.http.get(url, params={"query": MODELS}, headers=key)
    assert got.status_code in (400, 404)
    page = await client.http.get(url, headers={**key, "accept": "text/html"})
    assert page.status_code == 404
    assert (await client.http.get("/docs")).status_code == 404


@pytest.mark.parametrize(
    "body",
    ["", "[]", '[{"query": "{ models { name } }"}]', '"x"', "{", "{}", "[" * 100_000, b"\xff"],
)
async def test_bodies_that_are_no_operation_are_refused(client: Client, body: str | bytes) -> None:
    headers = {"X-API-Key": client.keys["read"], "content-type": "application/json"}
    answer = await client.http.post("/graphql", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_large_bodies_need_the_scope_write(client: Client) -> None:
    body = {"query": MODELS, "variables": {"x": "y" * 300_000}}
    for scope, status in (("read", 413), ("write", 200)):
        headers = {"X-API-Key": client.keys[scope]}
        answer = await client.http.post("/graphql", json=body, headers=headers)
        assert answer.status_code == status


async def test_slow_statements_end(ledger: Graph, config: AppConfig) -> None:
    async with serve(ledger, replace(config, limits=Limits(request_seconds=1e-4))) as client:
        answer = await client.post(MODELS)
        assert answer.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"


async def test_health_and_readiness(client: Client, config: AppConfig) -> None:
    assert (await client.http.get("/healthz")).json() == {"status": "alive"}
    assert (await client.http.get("/readyz")).json() == {"status": "ready"}
    away = replace(config, neo4j_uri="bolt://127.0.0.1:1")
    async with serve(client.graph, away) as lost:
        assert (await lost.http.get("/healthz")).status_code == 200
        answer = await lost.http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["The database does not answer."]
        refused = await lost.post(MODELS)
        assert refused.status_code == 503
        assert "127.0.0.1" not in refused.text


async def test_readiness_waits_for_migrations(client: Client) -> None:
    with client.graph.driver.session() as session:
        session.run("MATCH (m:Migration {name: '0002_api_keys'}) SET m.name = 'held'").consume()
    try:
        answer = await client.http.get("/readyz")
    finally:
        with client.graph.driver.session() as session:
            session.run("MATCH (m:Migration {name: 'held'}) SET m.name = '0002_api_keys'").consume()
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The migration 0002_api_keys is not applied."]


async def talk(app: Any, protocol: str, key: str | None, *texts: object) -> list[Any]:
    """Open a WebSocket, send JSON texts, and return the server's messages until it is quiet."""
    headers = [(b"host", b"localhost")]
    if key is not None:
        headers.append((b"x-api-key", key.encode()))
    scope = {
        "type": "websocket",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": headers,
        "subprotocols": [protocol],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "scheme": "ws",
        "root_path": "",
        "state": {},
    }
    events: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    events += [{"type": "websocket.receive", "text": json.dumps(text)} for text in texts]
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        if events:
            return events.pop(0)
        await anyio.sleep(0.3)
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Any) -> None:
        answers.append(message)

    await app(scope, receive, send)
    return answers


async def test_websockets_need_a_key_and_run_subscriptions_only(
    ledger: Graph, config: AppConfig
) -> None:
    key = create_key(ledger, ["read"])
    app = create_app(config)
    asked = {"type": "subscribe", "id": "1", "payload": {"query": MODELS}}
    async with app.router.lifespan_context(app):
        refused = await talk(app, "graphql-transport-ws", None)
        assert [message["type"] for message in refused] == ["websocket.close"]
        old = await talk(app, "graphql-ws", key)
        assert old[-1]["code"] == 4406
        answers = await talk(app, "graphql-transport-ws", key, {"type": "connection_init"}, asked)
    texts = [json.loads(message["text"]) for message in answers if "text" in message]
    assert [text["type"] for text in texts] == ["connection_ack", "error"]
    assert "Only subscriptions" in texts[1]["payload"][0]["message"]
