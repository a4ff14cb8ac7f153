"""What a request passes before GraphQL sees it: media type, key, size.

Every answer carries `X-Request-ID`. A body is held in memory up to the limit of its key's scopes,
so that nobody without the scope `write` can send a large one.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders

from api.security.errors import describe
from api.security.keys import NOBODY, Principal, Scope
from core.errors import (
    AccessError,
    ForbiddenError,
    GraphError,
    LedgerGraphError,
    LimitError,
    UnauthenticatedError,
    UsageError,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Connection

    from api.security.keys import KeyRing
    from api.security.limits import Limits

GRAPHQL = "/graphql"
REST = "/v1/"
"""Everything below it is read with a key of the scope `read`."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost", "[::1]")
_OPEN_READER = Principal(None, frozenset({Scope.READ}))


class Gate:
    """ASGI middleware in front of everything."""

    def __init__(
        self, app: ASGIApp, *, keys: KeyRing, limits: Limits, open_read: bool, explorer: bool
    ) -> None:
        self._app, self._keys, self._limits = app, keys, limits
        self._open_read, self._explorer = open_read, explorer

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"], state["principal"] = request_id, NOBODY

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        rest = scope["path"].startswith(REST)
        if scope["path"].rstrip("/") != GRAPHQL and not rest:
            await self._app(scope, receive, marked)
            return
        try:
            if rest:
                state["principal"] = await self._caller(scope)
                if not state["principal"].may(Scope.READ):
                    raise ForbiddenError(Scope.READ)
            elif not self._is_explorer(scope):
                state["principal"] = await self._caller(scope)
            if not rest and scope["type"] == "http" and scope["method"] == "POST":
                receive = await self._body(scope, receive, state["principal"])
        except (LedgerGraphError, TimeoutError) as error:
            await _refuse(scope, receive, marked, error, request_id)
            return
        await self._app(scope, receive, marked)

    def _is_explorer(self, scope: Connection) -> bool:
        return self._explorer and scope["type"] == "http" and scope["method"] == "GET"

    async def _caller(self, scope: Connection) -> Principal:
        headers = Headers(scope=scope)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        presented = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key")
        if presented is not None:
            return await self._keys.check(presented)
        if self._open_read and not scheme and _is_local(scope, headers):
            return _OPEN_READER
        raise UnauthenticatedError

    async def _body(self, scope: Connection, receive: Receive, caller: Principal) -> Receive:
        headers = Headers(scope=scope)
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            raise UsageError("Requests to GraphQL are JSON.", "Send Content-Type application/json.")
        limits = self._limits
        limit = limits.publish_body_bytes if caller.may(Scope.WRITE) else limits.body_bytes
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > limit:
            raise LimitError("bytes in its body", limit)
        body = bytearray()
        async with asyncio.timeout(limits.request_seconds):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise UsageError("The request ended before its body.")
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > limit:
                    raise LimitError("bytes in its body", limit)
        scope["state"]["body_bytes"] = len(body)
        return _replay(bytes(body), receive)


def _is_local(scope: Connection, headers: Headers) -> bool:
    """Whether the caller is on this machine, and not behind a proxy or a rebound name."""
    client = scope.get("client")
    host = headers.get("host", "")
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    forwarded = any(key.startswith(("forwarded", "x-forwarded", "x-real")) for key in headers)
    return client is not None and client[0] in _LOOPBACK and name in _LOOPBACK and not forwarded


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _status(error: BaseException) -> int:
    if isinstance(error, AccessError):
        return 403 if isinstance(error, ForbiddenError) else 401
    if isinstance(error, LimitError):
        return 413
    if isinstance(error, GraphError):
        return 503
    if isinstance(error, TimeoutError):
        return 408
    return 415 if isinstance(error, UsageError) else 500


async def _refuse(
    scope: Connection, receive: Receive, send: Send, error: BaseException, request_id: str
) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4401, "reason": "Forbidden"})
        return
    if isinstance(error, TimeoutError):
        code, message = "TIMEOUT", "The request's body did not arrive in time."
    else:
        code, message = describe(error, request_id)
    headers = [(b"content-type", b"application/json")]
    if isinstance(error, AccessError):
        headers.append((b"www-authenticate", b"Bearer"))
    extensions = {"code": code, "requestId": request_id}
    body = json.dumps({"errors": [{"message": message, "extensions": extensions}]}).encode()
    await send({"type": "http.response.start", "status": _status(error), "headers": headers})
    await send({"type": "http.response.body", "body": body})
