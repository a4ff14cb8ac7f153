"""`giveFeedback`: an analyst's verdict on an alert, with the tag and the mute that follow."""

from datetime import datetime
from functools import partial

import strawberry

from api.context import Info
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.alert import Alert
from core.errors import NotFoundError
from core.schema import Verdict
from cypher import feedback


@strawberry.input(description="A verdict on an alert.")
class FeedbackInput:
    """What is said."""

    alert: strawberry.ID
    verdict: Verdict
    comment: str | None = None
    confidence: float = strawberry.field(default=1.0, description="From 0 to 1.")
    analyst: str | None = strawberry.field(
        default=None, description="Who says so; the key's id is kept beside it."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="When the tag stops counting; a year from now by default."
    )


@strawberry.type
class GiveFeedback:
    """The mutation."""

    @strawberry.mutation(
        description="Records a verdict: sets the alert's status, tags its account when confirmed "
        "or dismissed, and mutes the pattern on the account for 30 days when dismissed.",
        extensions=[RequireScope(Scope.WRITE)],
    )
    async def give_feedback(
        self,
        info: Info,
        input: FeedbackInput,  # noqa: A002
    ) -> Alert:
        """Record, and return the alert as it is now."""
        opinion = feedback.Opinion(
            verdict=input.verdict,
            analyst=signature(info, input.analyst),
            comment=input.comment,
            confidence=input.confidence,
            expires_at=input.expires_at,
        )
        backend = info.context.backend
        graph = backend.graph.on_behalf_of("giveFeedback")
        await backend.in_thread(partial(feedback.give, graph, str(input.alert), opinion))
        row = await info.context.loaders.alerts.load(str(input.alert))
        if row is None:
            raise NotFoundError("alert", str(input.alert))
        return Alert.of(row)


def signature(info: Info, analyst: str | None) -> str:
    """Who decided: the name given and the key it came with."""
    key = f"key {info.context.principal.key}"
    return f"{analyst} ({key})" if analyst else key
