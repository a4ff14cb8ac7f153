"""Rows as loaders hand them to the GraphQL types; fields are in the order of the queries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account without what hangs on it; times are epoch milliseconds."""

    id: str
    network: str
    address: str
    kind: str | None
    first_seen: int | None
    last_seen: int | None
    is_infra: bool | None


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One account's score in one run."""

    run: str
    model: str
    value: float
    percentile: float | None
    band: str | None
    reasons: list[str] | None


@dataclass(frozen=True, slots=True)
class TagRow:
    """What a label pack says of an account."""

    id: str
    label: str | None
    category: str | None
    subcategory: str | None
    risk_level: str | None
    source: str | None
    confidence: float | None
    known_from: object


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One transfer; `ts` is epoch milliseconds."""

    id: str
    source: str
    target: str
    asset: str
    amount_base: str
    amount: float | None
    ts: int
    ledger: int
    ord: int | None
    kind: str | None
    flags: list[str] | None
    tx_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferPage:
    """Which transfers of an account: the parameters of `lookups/api_transfers`."""

    outgoing: bool
    incoming: bool
    asset: str | None
    since: int | None
    until: int | None
    sign: int
    ts: int | None
    ledger: int | None
    ord: int | None
    after: str | None
    limit: int
