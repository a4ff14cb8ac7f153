"""The server: GraphQL at `/graphql`, FairOnChain's `/v1`, `/healthz` and `/readyz`."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import anyio
from cross_web import HTTPException
from fastapi import FastAPI
from starlette.requests import HTTPConnection  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import JSONResponse
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from api.actions import Actions
from api.context import Backend, Context
from api.rest.faironchain import faironchain
from api.rest.health import health
from api.schema import GuardedSchema
from api.security.gate import GRAPHQL, Gate
from api.security.keys import KeyRing
from api.security.limits import Limits
from cypher.graph import Graph, open_driver
from cypher.reader import Reader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class AppConfig:
    """What the server is told.

    Attributes:
        neo4j_uri: the database.
        neo4j_user: its user.
        neo4j_password: its password.
        environment: GraphiQL and introspection are there in `development` only.
        open_read: callers on this machine read without a key; ignored in `production`.
        limits: what one request may ask for.
        actions: what mutations call.
    """

    neo4j_uri: str
    neo4j_user: str
    neo4j_password: str = field(repr=False)
    environment: Literal["development", "production"] = "production"
    open_read: bool = False
    limits: Limits = field(default_factory=Limits)
    actions: Actions = field(default_factory=Actions)


class Router(GraphQLRouter[Context, None]):
    """Strawberry's router, with errors of the protocol as JSON."""

    async def run(self, request: Any, context: Any = None, root_value: Any = None) -> Any:
        """Answer a request."""
        try:
            return await super().run(request, context, root_value)
        except HTTPException as error:
            extensions = {"code": "BAD_REQUEST", "requestId": context.request_id}
            body = {"errors": [{"message": error.reason, "extensions": extensions}]}
            return JSONResponse(body, error.status_code)

    async def execute_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Execute; what came in a large body in a thread, so that others need not wait for it."""
        context: Context = kwargs["context"]
        if not context.large:
            return await super().execute_operation(*args, **kwargs)
        apart = partial(super().execute_operation, *args, **kwargs)
        return await context.backend.in_thread(
            lambda: asyncio.run(_run_apart(context, apart)), long=True
        )

    def parse_json(self, data: str | bytes) -> object:
        """Read a body, which must hold one operation."""
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, "The body is not JSON.") from error
        if not isinstance(value, dict):
            raise HTTPException(400, "The body is not one operation as a JSON object.")
        return value


async def _run_apart(context: Context, execute: Callable[[], Awaitable[object]]) -> object:
    # Connections belong to the event loop that opened them, so this one has its own.
    shared = context.backend
    reader = shared.connect()
    context.backend = replace(shared, reader=reader, workers=anyio.CapacityLimiter(1))
    try:
        return await execute()
    finally:
        await reader.close()


def create_app(config: AppConfig) -> FastAPI:
    """The application; it connects when first asked, and `/readyz` tells whether it can."""
    backend = _backend(config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await backend.reader.close()
        backend.graph.close()

    development = config.environment == "development"
    app = FastAPI(
        title="LedgerGraph", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    app.include_router(health(backend.reader))
    app.include_router(faironchain(backend.reader, config.actions.archive))
    app.include_router(_graphql(backend, explorer=development), prefix=GRAPHQL)
    app.add_middleware(
        Gate,
        keys=KeyRing(backend.reader, config.limits.key_seconds),
        limits=config.limits,
        open_read=config.open_read and development,
        explorer=development,
    )
    return app


def _backend(config: AppConfig) -> Backend:
    limits = config.limits
    login = (config.neo4j_uri, config.neo4j_user, config.neo4j_password)
    connect = partial(Reader.connect, *login, limits.transaction_seconds)
    graph = Graph(open_driver(*login), uri=config.neo4j_uri, user=config.neo4j_user, job="api")
    reading_graph = Graph(
        graph.driver,
        uri=config.neo4j_uri,
        user=config.neo4j_user,
        job="api",
        timeout_seconds=limits.transaction_seconds,
        retry_seconds=0.0,
    )
    return Backend(
        reader=connect(),
        connect=connect,
        graph=graph,
        reading_graph=reading_graph,
        actions=config.actions,
        limits=limits,
        threads=anyio.CapacityLimiter(limits.threads),
        workers=anyio.CapacityLimiter(limits.workers),
    )


def _graphql(backend: Backend, *, explorer: bool) -> Router:
    async def context(connection: HTTPConnection) -> Context:
        state = connection.scope["state"]
        large = state.get("body_bytes", 0) > backend.limits.body_bytes
        return Context(backend, state["principal"], state["request_id"], large=large)

    return Router(
        GuardedSchema(backend.limits, introspection=explorer),
        graphql_ide="graphiql" if explorer else None,
        allow_queries_via_get=False,
        subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
        context_getter=context,
        multipart_uploads_enabled=False,
    )
