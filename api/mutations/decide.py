"""`decideInfra` and `decideEntityLink`: a person's word on what jobs proposed."""

from functools import partial

import strawberry

from api.context import Info
from api.mutations.give_feedback import signature
from api.security.keys import Scope
from api.security.scopes import RequireScope
from cypher import entities, infrastructure
from cypher.entities import Decision, LinkState


@strawberry.input(description="A decision on an account proposed as infrastructure.")
class InfraDecisionInput:
    """Which account, and whether it is."""

    account: strawberry.ID
    accept: bool
    reason: str | None = None
    analyst: str | None = None


@strawberry.type(description="What was decided on a proposal.")
class InfraDecision:
    """The outcome."""

    account_id: strawberry.ID
    state: str = strawberry.field(description="accepted or rejected.")
    version: int = strawberry.field(description="Of the network's list of infrastructure.")


@strawberry.input(description="A decision on the links between two accounts of one entity.")
class EntityLinkDecisionInput:
    """Which two accounts, and whether they belong together."""

    source: strawberry.ID
    target: strawberry.ID
    accept: bool = strawberry.field(description="False cuts the links, for good.")
    reason: str | None = None
    analyst: str | None = None


@strawberry.type(description="What was decided on links.")
class EntityLinkDecision:
    """The outcome."""

    rules: list[str] = strawberry.field(description="Of the links that it is about.")
    state: str = strawberry.field(description="accepted or cut.")


@strawberry.type
class Decide:
    """The mutations."""

    @strawberry.mutation(
        description="Accepts or rejects a proposal. Accepted accounts count as infrastructure "
        "everywhere; rejected ones are not proposed again.",
        extensions=[RequireScope(Scope.WRITE)],
    )
    async def decide_infra(
        self,
        info: Info,
        input: InfraDecisionInput,  # noqa: A002
    ) -> InfraDecision:
        """Decide on a proposal."""
        backend = info.context.backend
        work = partial(
            infrastructure.decide,
            backend.graph.on_behalf_of("decideInfra"),
            str(input.account),
            signature(info, input.analyst),
            accept=input.accept,
            reason=input.reason,
        )
        done = await backend.in_thread(work)
        return InfraDecision(
            account_id=strawberry.ID(done.account), state=done.state, version=done.version
        )

    @strawberry.mutation(
        description="Accepts or cuts the links between two accounts; runs to come keep to it.",
        extensions=[RequireScope(Scope.WRITE)],
    )
    async def decide_entity_link(
        self,
        info: Info,
        input: EntityLinkDecisionInput,  # noqa: A002
    ) -> EntityLinkDecision:
        """Decide on links."""
        state = LinkState.ACCEPTED if input.accept else LinkState.CUT
        decision = Decision(state, signature(info, input.analyst), input.reason)
        backend = info.context.backend
        graph = backend.graph.on_behalf_of("decideEntityLink")
        work = partial(entities.decide, graph, str(input.source), str(input.target), decision)
        rules = await backend.in_thread(work, long=True)
        return EntityLinkDecision(rules=rules, state=state.value)
