"""Rows as loaders hand them to the GraphQL types; fields are in the order of the queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


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
    trust_level: str | None
    expires_at: object


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


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert with what hangs on it; the fields are the columns of `lookups/api_alerts`."""

    id: str
    account: str
    network: str
    processing_date: str
    window_days: int
    typology_type: str
    pattern_id: str | None
    pattern_type: str | None
    pattern_keys: list[str]
    severity: str
    priority: float
    suspected_address_type: str | None
    suspected_address_subtype: str | None
    alert_confidence_score: float
    description: str
    volume: float | None
    volume_usd: float | None
    volume_base: str | None
    asset: str | None
    transfers: list[str]
    risk_indicators: list[str]
    started: datetime | None
    ended: datetime | None
    created_at: datetime
    status: str
    status_at: datetime
    duplicate_of: str | None
    clusters: list[str]
    feedback: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PatternRow:
    """A pattern; the fields are the columns of `lookups/api_patterns`."""

    key: str
    id: str
    pattern_hash: str
    instance_id: str
    network: str
    processing_date: str
    window_days: int
    pattern_type: str
    typology_type: str
    variant: str
    asset: str | None
    accounts: list[str]
    roles: list[str]
    transfers: list[str]
    further_transfers: list[str]
    instances: int
    volume: float | None
    evidence_volume_base: str | None
    evidence_volume_usd: float | None
    confidence: float
    pattern_start_time: datetime
    pattern_end_time: datetime
    retained_ratio: float | None
    truncated: bool
    detection_method: str
    detector_version: str
    params: str


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A transfer in evidence; `ts` is epoch milliseconds."""

    id: str
    source: str
    target: str
    asset: str
    amount_base: str
    amount: float | None
    ts: int
    ledger: int
    ord: int
