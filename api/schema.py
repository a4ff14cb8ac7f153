"""The GraphQL schema: root fields put together, documents guarded, errors masked.

`python -m api.schema` prints it; `api/schema.graphql` is that text, and a test compares.
"""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import strawberry
from graphql import GraphQLError, NoSchemaIntrospectionCustomRule, parse, specified_rules
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import validate_document
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from api.context import Context
from api.mutations.decide import Decide
from api.mutations.give_feedback import GiveFeedback
from api.mutations.publish_scores import PublishScores
from api.mutations.run_jobs import RunJobs
from api.mutations.schedule_jobs import ScheduleJobs
from api.mutations.score_accounts import ScoreAccounts
from api.queries.accounts import AccountQueries
from api.queries.alerts import AlertQueries
from api.queries.motifs import MotifQueries
from api.queries.proposals import ProposalQueries
from api.queries.runs import RunQueries
from api.queries.schedule import ScheduleQueries
from api.security.documents import Documents
from api.security.errors import present
from api.security.limits import Limits
from api.types.scalars import LONG, Long


@strawberry.type(description="What can be read; every field needs a key with the scope read.")
class Query(
    AccountQueries, AlertQueries, MotifQueries, ProposalQueries, RunQueries, ScheduleQueries
):
    """All reading root fields."""


@strawberry.type(description="What can be changed or started.")
class Mutation(PublishScores, ScoreAccounts, RunJobs, ScheduleJobs, GiveFeedback, Decide):
    """All other root fields."""


class GuardedSchema(strawberry.Schema):
    """The schema behind its guard; one for each application."""

    def __init__(self, limits: Limits, *, introspection: bool) -> None:
        super().__init__(
            Query,
            Mutation,
            extensions=[DocumentGuard],
            config=StrawberryConfig(
                scalar_map={Long: LONG},
                relay_max_results=limits.page_size,
                disable_field_suggestions=not introspection,
            ),
        )
        rules = list(specified_rules)
        if not introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        self.limits = limits
        self.documents = Documents(
            limits, lambda ast: validate_document(self._schema, ast, tuple(rules))
        )

    async def execute(  # noqa: PLR0917 - as strawberry declares it
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Context | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute in the time that the operation has, and show errors as callers may see them."""
        request_id = context_value.request_id if context_value else ""
        try:
            async with asyncio.timeout(self.limits.request_seconds) as deadline:
                if context_value is not None:
                    context_value.deadline = deadline
                result = await super().execute(
                    query,
                    variable_values,
                    context_value,
                    root_value,
                    operation_name,
                    allowed_operation_types,
                    operation_extensions,
                )
        except TimeoutError:
            error = GraphQLError(
                "The request took longer than it may. What a mutation started goes on.",
                extensions={"code": "TIMEOUT"},
            )
            result = ExecutionResult(data=None, errors=[error])
        if result.errors:
            result.errors = [present(error, request_id) for error in result.errors]
        return result

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Leave logging to `api.security.errors`, which knows what was expected."""


class DocumentGuard(SchemaExtension):
    """Reads the document through the guard, before anything else looks at it."""

    def on_parse(self) -> Iterator[None]:
        """Parse, guard and validate, or take what was kept."""
        execution = self.execution_context
        schema, context = execution.schema, execution.context
        if isinstance(context, Context) and context.is_websocket:
            # There are no subscriptions yet, and a request's limits are those of HTTP.
            execution.graphql_document = _NOTHING
            self._errors = [_NOT_HERE]
        elif execution.query and isinstance(schema, GuardedSchema):
            document = schema.documents.read(execution.query, execution.variables)
            execution.graphql_document = document.ast
            self._errors = list(document.errors)
            if document.mutates and isinstance(context, Context) and context.deadline is not None:
                now = asyncio.get_running_loop().time()
                context.deadline.reschedule(now + schema.limits.mutation_seconds)
        yield

    def on_validate(self) -> Iterator[None]:
        """Hand over what validation said when the document was first read."""
        self.execution_context.pre_execution_errors = self._errors
        yield


_NOTHING = parse("{ __typename }")
_NOT_HERE = GraphQLError(
    "Only subscriptions run over a WebSocket. Send this over HTTP.",
    extensions={"code": "BAD_REQUEST"},
)


def sdl() -> str:
    """The schema's text."""
    return GuardedSchema(Limits(), introspection=True).as_str() + "\n"


if __name__ == "__main__":
    sys.stdout.write(sdl())
