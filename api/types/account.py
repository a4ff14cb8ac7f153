"""Accounts and what hangs on them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self, cast

import strawberry

from api.context import Info
from api.types.page import DEFAULT_PAGE, Connection, Edge, PageInfo, paginate
from api.types.rows import AccountRow, TagRow
from api.types.scalars import finite, instant
from api.types.score import Score
from api.types.transfer import Direction, Transfer, transfer_page

Runs = Mapping[str, str]
"""Runs that an answer keeps to, by model, where they are not the active ones."""


@strawberry.type(description="A property that a graph job or feature family wrote.")
class Feature:
    """One feature."""

    name: str
    value: float | None = strawberry.field(description="Null where it is not a finite number.")
    text: str | None = strawberry.field(description="What is no number: a name, true or false.")

    @classmethod
    def of(cls, name: str, value: object) -> Self:
        """A stored value."""
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return cls(
            name=name,
            value=finite(float(cast("float", value))) if number else None,
            text=None if number else text,
        )


@strawberry.type(description="What a label pack says of an account.")
class Tag:
    """One tag."""

    id: strawberry.ID
    label: str | None
    category: str | None
    subcategory: str | None
    risk_level: str | None
    source: str | None
    confidence: float | None
    known_from: str | None
    trust_level: str | None
    expires_at: str | None = strawberry.field(description="Since then it counts no more.")

    @classmethod
    def of(cls, row: TagRow) -> "Tag":
        """The tag of a row."""
        return cls(
            id=strawberry.ID(row.id),
            label=row.label,
            category=row.category,
            subcategory=row.subcategory,
            risk_level=row.risk_level,
            source=row.source,
            confidence=row.confidence,
            known_from=None if row.known_from is None else str(row.known_from),
            trust_level=row.trust_level,
            expires_at=None if row.expires_at is None else str(row.expires_at),
        )


@strawberry.type(description="An account of a ledger.")
class Account:
    """One account."""

    id: strawberry.ID = strawberry.field(description="<network>:<address>.")
    network: str
    address: str
    kind: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    is_infra: bool
    runs: strawberry.Private[Runs]

    @classmethod
    def of(cls, row: AccountRow, runs: Runs) -> Self:
        """The account of a row."""
        return cls(
            id=strawberry.ID(row.id),
            network=row.network,
            address=row.address,
            kind=row.kind,
            first_seen=instant(row.first_seen),
            last_seen=instant(row.last_seen),
            is_infra=bool(row.is_infra),
            runs=runs,
        )

    @strawberry.field(description="Features by name, or only those asked for.")
    async def features(self, info: Info, names: list[str] | None = None) -> list[Feature]:
        """All features, in alphabetical order."""
        found = await info.context.loaders.features.load(self.id)
        wanted = found if names is None else [name for name in names if name in found]
        return [Feature.of(name, found[name]) for name in wanted]

    @strawberry.field(description="One feature's number; null where the account has none.")
    async def feature(self, info: Info, name: str) -> float | None:
        """One feature."""
        found = await info.context.loaders.features.load(self.id)
        return Feature.of(name, found[name]).value if name in found else None

    @strawberry.field(description="The scores of every model's active run.")
    async def scores(self, info: Info) -> list[Score]:
        """The scores, by model."""
        runs = {**await info.context.models(), **self.runs}
        keys = [(str(self.id), run) for _, run in sorted(runs.items()) if run is not None]
        rows = await info.context.loaders.scores.load_many(keys)
        return [Score.of(row) for row in rows if row is not None]

    @strawberry.field(description="The score in a model's active run, or in the run given.")
    async def score(self, info: Info, model: str, run: strawberry.ID | None = None) -> Score | None:
        """One score."""
        wanted = str(run) if run is not None else self.runs.get(model)
        wanted = wanted or await info.context.active_run(model)
        row = await info.context.loaders.scores.load((str(self.id), wanted))
        return Score.of(row) if row is not None and row.model == model else None

    @strawberry.field(description="What label packs say of the account.")
    async def tags(self, info: Info) -> list[Tag]:
        """The tags."""
        return [Tag.of(row) for row in await info.context.loaders.tags.load(self.id)]

    @strawberry.field(
        description="Transfers in order of (timestamp, ledger, ord, id); `until` is exclusive. "
        "A self-transfer is listed once."
    )
    async def transfers(
        self,
        info: Info,
        *,
        direction: Direction = Direction.ANY,
        asset: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = True,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
    ) -> Connection[Transfer]:
        """A page of transfers."""
        size = info.context.page_size(first)
        page = transfer_page(
            direction, asset, since, until, newest_first=newest_first, size=size, after=after
        )
        rows = await info.context.loaders.transfers.load((str(self.id), page))
        edges = [Transfer.edge(row, self.runs, newest_first=newest_first) for row in rows]
        found, end = paginate(edges, size)
        return Connection(edges=found, page_info=end)


@strawberry.type(description="A page of accounts.")
class AccountConnection:
    """One page of accounts."""

    edges: list[Edge[Account]]
    page_info: PageInfo
    run: strawberry.ID | None = strawberry.field(
        description="The run whose scores order the page. Later pages stay with it, and the "
        "scores of their accounts are those of that run."
    )
