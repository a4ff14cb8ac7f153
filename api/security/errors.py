"""What callers see of an error: expected ones as they are, all others masked and logged."""

from __future__ import annotations

import traceback

import structlog
from graphql import GraphQLError

from core.errors import (
    AuthenticationError,
    ExpectedError,
    GraphError,
    QueryMemoryError,
    QueryTimeoutError,
    UnreachableError,
)

MASKED = "Internal error. The request id finds it in the server's log."
AWAY = "The database does not answer."

_log = structlog.get_logger("ledgergraph.api")
_SHOWN_OF_GRAPH = (QueryMemoryError, QueryTimeoutError)


def describe(error: BaseException | None, request_id: str) -> tuple[str, str]:
    """Code and message of an exception for its caller; what is masked is logged."""
    if isinstance(error, UnreachableError | AuthenticationError):
        _log.error("database away", request_id=request_id, error=str(error))
        return "UNREACHABLE", AWAY
    masked = isinstance(error, GraphError) and not isinstance(error, _SHOWN_OF_GRAPH)
    if isinstance(error, ExpectedError) and not masked:
        return error.code, str(error)
    # As text: a renderer that shows local variables would show keys and passwords.
    trace = "".join(traceback.format_exception(error)) if error else ""
    _log.error("request failed", request_id=request_id, trace=trace)
    return "INTERNAL", MASKED


def present(error: GraphQLError, request_id: str) -> GraphQLError:
    """The error as its caller may see it, with a code and the request's id."""
    cause = _cause(error)
    if cause is None:
        code, message = str((error.extensions or {}).get("code", "BAD_REQUEST")), error.message
    else:
        code, message = describe(cause, request_id)
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code, "requestId": request_id},
    )


def _cause(error: GraphQLError) -> BaseException | None:
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
