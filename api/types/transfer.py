"""Transfers between accounts."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from api.context import Info
from api.types.page import Edge, decode_cursor
from api.types.rows import TransferPage, TransferRow
from api.types.scalars import Long, finite, milliseconds
from core.errors import StateError
from core.times import DAY_MS, from_epoch_ms

if TYPE_CHECKING:
    from api.types.account import Account

LazyAccount = Annotated["Account", strawberry.lazy("api.types.account")]


@strawberry.enum(description="Seen from the account: received, sent, or both.")
class Direction(Enum):
    """Which transfers of an account."""

    IN = "in"
    OUT = "out"
    ANY = "any"


@strawberry.type(description="A time-stamped transfer of one asset.")
class Transfer:
    """One transfer."""

    id: strawberry.ID
    asset: str
    amount_base: str = strawberry.field(description="Base units, exact: a decimal string.")
    amount: float | None = strawberry.field(
        description="Whole units; null where the asset's decimals are unknown."
    )
    timestamp: datetime
    ledger: Long
    ord: Long | None = strawberry.field(description="Order inside the ledger.")
    kind: str | None
    flags: list[str]
    tx_id: str | None = strawberry.field(description="Only where the id does not hold it.")
    row: strawberry.Private[TransferRow]
    runs: strawberry.Private[Mapping[str, str]]

    @classmethod
    def edge(
        cls, row: TransferRow, runs: Mapping[str, str], *, newest_first: bool
    ) -> "Edge[Transfer]":
        """A transfer and its place."""
        transfer = cls(
            id=strawberry.ID(row.id),
            asset=row.asset,
            amount_base=row.amount_base,
            amount=finite(row.amount),
            timestamp=from_epoch_ms(row.ts),
            ledger=Long(row.ledger),
            ord=None if row.ord is None else Long(row.ord),
            kind=row.kind,
            flags=row.flags or [],
            tx_id=row.tx_id,
            row=row,
            runs=runs,
        )
        place = (_order(newest_first), row.ts, row.ledger, row.ord or 0, row.id)
        return Edge(node=transfer, place=place)

    @strawberry.field(description="The account that sends.")
    async def source(self, info: Info) -> LazyAccount:
        """The sender."""
        return await self._account(info, self.row.source)

    @strawberry.field(description="The account that receives.")
    async def target(self, info: Info) -> LazyAccount:
        """The receiver."""
        return await self._account(info, self.row.target)

    @strawberry.field(
        description="US dollars by the price of the transfer's own day (UTC); null without one."
    )
    async def value_usd(self, info: Info) -> float | None:
        """What it was worth."""
        price = await info.context.loaders.prices.load((self.asset, self.row.ts // DAY_MS))
        return None if price is None or self.amount is None else finite(self.amount * price)

    async def _account(self, info: Info, account: str) -> "Account":
        from api.types.account import Account  # noqa: PLC0415 - the two types name each other

        row = await info.context.loaders.accounts.load(account)
        if row is None:
            raise StateError(f"Account {account} was removed while it was read.")
        return Account.of(row, self.runs)


def transfer_page(
    direction: Direction,
    asset: str | None,
    since: datetime | None,
    until: datetime | None,
    *,
    newest_first: bool,
    size: int,
    after: str | None,
) -> TransferPage:
    """The parameters of a page, one item longer than asked for."""
    sign = -1 if newest_first else 1
    ts = ledger = ord_ = last = None
    if after is not None:
        place = decode_cursor(after, _order(newest_first), int, int, int, str)
        ts, ledger, ord_ = (sign * cast("int", part) for part in place[:3])
        last = cast("str", place[3])
    return TransferPage(
        outgoing=direction is not Direction.IN,
        incoming=direction is not Direction.OUT,
        asset=asset,
        since=milliseconds(since),
        until=milliseconds(until),
        sign=sign,
        ts=ts,
        ledger=ledger,
        ord=ord_,
        after=last,
        limit=size + 1,
    )


def _order(newest_first: bool) -> str:
    return "transfers-desc" if newest_first else "transfers-asc"
