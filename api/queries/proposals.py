"""What waits for a person: accounts proposed as infrastructure, links of entities."""

from datetime import datetime

import polars as pl
import strawberry

from api.context import Info
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.page import DEFAULT_PAGE, Connection, Edge, decode_cursor, paginate


@strawberry.type(description="An account that a job takes for infrastructure.")
class InfraProposal:
    """One proposal; its fields are columns of `lookups/infra_proposals`."""

    account_id: strawberry.ID
    network: str
    state: str = strawberry.field(description="proposed, accepted or rejected.")
    in_degree: int
    out_degree: int
    degree_rank: int
    betweenness_rank: int | None
    entropy: float | None = strawberry.field(description="Bits, of transfers over counterparties.")
    entropy_rank: int | None
    version: int | None = strawberry.field(description="Of the list that the decision made.")
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


@strawberry.type(description="Why two accounts are taken for one party's.")
class EntityLink:
    """One link; its fields are the columns of `lookups/entity_of`."""

    source: strawberry.ID
    target: strawberry.ID
    rule: str
    state: str = strawberry.field(description="found, accepted or cut.")
    confidence: float
    evidence: list[str] = strawberry.field(description="Ids of transfers.")
    times: int = strawberry.field(description="How often the rule found it.")
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


@strawberry.type
class ProposalQueries:
    """Root fields."""

    @strawberry.field(
        description="Proposed, accepted and rejected accounts, by degree.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def infra_proposals(
        self,
        info: Info,
        network: str | None = None,
        state: str | None = None,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
    ) -> Connection[InfraProposal]:
        """A page of proposals."""
        size = info.context.page_size(first)
        rank, last = decode_cursor(after, "infra", int, str) if after else (0, None)
        frame = await info.context.backend.reader.read(
            "lookups/infra_proposals",
            network=network,
            state=state,
            rank=rank,
            after=last,
            limit=size + 1,
        )
        shown = frame.drop("id", "betweenness", "proposed_at").rename({"account": "account_id"})
        rows = shown.with_columns(pl.col("entropy").fill_nan(None)).iter_rows(named=True)
        places = frame.select("degree_rank", "id").iter_rows()
        edges = [
            Edge(node=InfraProposal(**row), place=("infra", *place))
            for row, place in zip(rows, places, strict=True)
        ]
        page, end = paginate(edges, size)
        return Connection(edges=page, page_info=end)

    @strawberry.field(
        description="The links of an account's entity, or of the account; cut ones too.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def entity_links(
        self, info: Info, account: strawberry.ID, first: int = DEFAULT_PAGE
    ) -> list[EntityLink]:
        """The links, at most a page of them."""
        size = info.context.page_size(first)
        frame = await info.context.backend.reader.read("lookups/entity_of", account=str(account))
        rows = frame.drop("entity").head(size).iter_rows(named=True)
        return [EntityLink(**row) for row in rows]
