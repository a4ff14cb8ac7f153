"""`scoreAccounts`: computes scores with a trained model, then publishes them."""

from functools import partial

import strawberry

from api.context import Info
from api.queries.runs import read_score_run
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.score import ScoreRun
from core.errors import NotFoundError


@strawberry.input(description="Which trained model scores.")
class ScoreAccountsInput:
    """The model."""

    model: str
    run: str | None = strawberry.field(
        default=None, description="Its training run; the newest if none is given."
    )


@strawberry.type
class ScoreAccounts:
    """The mutation."""

    @strawberry.mutation(
        description="Scores every account with a trained model and publishes the run. Takes as "
        "long as it takes; when the answer does not wait for it, look for the run in scoreRuns.",
        extensions=[RequireScope(Scope.RUN)],
    )
    async def score_accounts(
        self,
        info: Info,
        input: ScoreAccountsInput,  # noqa: A002
    ) -> ScoreRun:
        """Score, publish, and return the run."""
        backend = info.context.backend
        graph = backend.graph.on_behalf_of("scoreAccounts")
        work = partial(backend.actions.score, graph, input.model, input.run)
        published = await backend.in_thread(work, long=True)
        run = await read_score_run(info, published.run)
        if run is None:
            raise NotFoundError("score run", published.run)
        return run
