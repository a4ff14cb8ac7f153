from __future__ import annotations

from pathlib import Path

import pytest
from graphql import GraphQLError, get_introspection_query
from strawberry.types.base import StrawberryObjectDefinition

from api.schema import GuardedSchema, Mutation, Query, sdl
from api.security.errors import MASKED, present
from api.security.keys import Scope
from api.security.limits import Limits
from api.security.scopes import RequireScope
from core.errors import ForbiddenError, GraphError, QueryTimeoutError, UnreachableError

ROOT = Path(__file__).resolve().parents[3]


def test_committed_schema_is_the_exported_one() -> None:
    committed = (ROOT / "api" / "schema.graphql").read_text(encoding="utf-8")
    assert committed == sdl(), "run: python -m api.schema > api/schema.graphql"


def test_every_root_field_needs_a_scope() -> None:
    schema = GuardedSchema(Limits(), introspection=False)
    scopes: dict[str, list[Scope]] = {}
    for kind in (Query, Mutation):
        definition = schema.get_type_by_name(kind.__name__)
        assert isinstance(definition, StrawberryObjectDefinition)
        for field in definition.fields:
            guards = [e.scope for e in field.extensions if isinstance(e, RequireScope)]
            scopes[f"{kind.__name__}.{field.python_name}"] = guards
    assert {name for name, guards in scopes.items() if len(guards) != 1} == set()
    assert {guards[0] for name, guards in scopes.items() if name.startswith("Query.")} == {
        Scope.READ
    }
    assert {name: guards[0] for name, guards in scopes.items() if name.startswith("Mut")} == {
        "Mutation.decide_entity_link": Scope.WRITE,
        "Mutation.decide_infra": Scope.WRITE,
        "Mutation.give_feedback": Scope.WRITE,
        "Mutation.enable_scheduled_job": Scope.RUN,
        "Mutation.publish_scores": Scope.WRITE,
        "Mutation.run_jobs": Scope.RUN,
        "Mutation.score_accounts": Scope.RUN,
        "Mutation.trigger_scheduled_job": Scope.RUN,
    }


@pytest.mark.anyio
@pytest.mark.parametrize("introspection", [True, False])
async def test_introspection_is_for_development(introspection: bool) -> None:
    schema = GuardedSchema(Limits(), introspection=introspection)
    result = await schema.execute(get_introspection_query())
    assert (result.errors is None) is introspection
    hinted = await schema.execute("{ acounts { run } }")
    assert hinted.errors
    assert ("Did you mean" in hinted.errors[0].message) is introspection


@pytest.mark.parametrize(
    ("cause", "code", "shown"),
    [
        (ForbiddenError("write"), "FORBIDDEN", "scope 'write'"),
        (QueryTimeoutError("motifs/triangle", 10), "TIMEOUT", "limit of 10 s"),
        (UnreachableError("bolt://secret.host:7687", "refused"), "UNREACHABLE", "does not answer"),
        (GraphError("'x' failed: MATCH (n:Secret)"), "INTERNAL", MASKED),
        (ValueError("password=hunter2"), "INTERNAL", MASKED),
    ],
)
def test_only_expected_errors_are_shown(cause: Exception, code: str, shown: str) -> None:
    error = present(GraphQLError(str(cause), original_error=cause), "r1")
    assert error.extensions == {"code": code, "requestId": "r1"}
    assert shown in error.message
    assert "secret.host" not in error.message
    assert error.original_error is None


def test_nested_causes_are_masked_too() -> None:
    inner = GraphQLError("x", original_error=ValueError("secret"))
    assert present(GraphQLError("y", original_error=inner), "r").message == MASKED


def test_errors_of_the_document_are_shown() -> None:
    shown = present(GraphQLError("Cannot query field 'x' on type 'Query'."), "r")
    assert shown.message.startswith("Cannot query")
    assert (shown.extensions or {})["code"] == "BAD_REQUEST"
