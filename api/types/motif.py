"""Motifs, and where they were found."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from api.context import Info
from api.types.account import Account


@strawberry.type(description="A parameter of a motif, and its default.")
class MotifParameter:
    """One parameter."""

    name: str
    type: str
    required: bool
    default: str | None


@strawberry.type(description="A pattern of transfers that can be searched for.")
class Motif:
    """One motif."""

    name: str
    summary: str
    parameters: list[MotifParameter]


@strawberry.type(description="One place where a motif was found, with its evidence.")
class MotifHit:
    """One hit."""

    account_ids: list[strawberry.ID] = strawberry.field(description="In canonical order.")
    roles: list[str]
    transfers: list[strawberry.ID] = strawberry.field(description="Evidence: transfer ids.")
    volume: float | None
    started: datetime | None
    ended: datetime | None
    extra: JSON = strawberry.field(description="Columns that only this motif has.")

    @strawberry.field(description="The accounts, in the order of accountIds.")
    async def accounts(self, info: Info) -> list[Account]:
        """The accounts."""
        rows = await info.context.loaders.accounts.load_many([str(i) for i in self.account_ids])
        return [Account.of(row, {}) for row in rows if row is not None]
