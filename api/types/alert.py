"""Alerts, the patterns they stand on, their clusters, and what analysts said."""

from datetime import date, datetime
from typing import cast

import strawberry
from strawberry.scalars import JSON

from api.context import Info
from api.evidence import compose
from api.types.account import Account
from api.types.rows import AlertRow, PatternRow
from api.types.scalars import finite, instant
from core.errors import StateError
from core.schema import AlertStatus, Severity, Verdict

strawberry.enum(
    AlertStatus, description="What became of an alert; a duplicate repeats an earlier one."
)
strawberry.enum(Severity, description="How grave an alert is.")
strawberry.enum(Verdict, description="What an analyst says of an alert.")


@strawberry.type(description="An account's part in a pattern.")
class Involvement:
    """One member."""

    account_id: strawberry.ID
    role: str
    position: int


@strawberry.type(description="An instance of a motif that a batch found, with its evidence.")
class Pattern:
    """One pattern of one batch."""

    id: strawberry.ID = strawberry.field(description="<type>_<hash>: the same on other dates.")
    pattern_hash: str
    pattern_type: str
    typology_type: str
    network: str
    processing_date: date
    window_days: int
    variant: str = strawberry.field(description="static, temporal or conserving.")
    asset: str | None
    involved: list[Involvement]
    transfers: list[str] = strawberry.field(description="Ids, in the order of the hops.")
    further_transfers: list[str] = strawberry.field(description="Of further instances.")
    instances: int
    volume: float | None
    volume_base: str | None = strawberry.field(description="Exact sum; null for static hits.")
    volume_usd: float | None
    confidence: float
    started: datetime
    ended: datetime
    retained_ratio: float | None
    truncated: bool
    detection_method: str
    detector_version: str
    row: strawberry.Private[PatternRow]

    @classmethod
    def of(cls, row: PatternRow) -> "Pattern":
        """The pattern of a row."""
        members = enumerate(zip(row.accounts, row.roles, strict=True))
        return cls(
            id=strawberry.ID(row.id),
            pattern_hash=row.pattern_hash,
            pattern_type=row.pattern_type,
            typology_type=row.typology_type,
            network=row.network,
            processing_date=date.fromisoformat(row.processing_date),
            window_days=row.window_days,
            variant=row.variant,
            asset=row.asset,
            involved=[
                Involvement(account_id=strawberry.ID(account), role=role, position=place)
                for place, (account, role) in members
            ],
            transfers=row.transfers,
            further_transfers=row.further_transfers,
            instances=row.instances,
            volume=finite(row.volume),
            volume_base=row.evidence_volume_base,
            volume_usd=finite(row.evidence_volume_usd),
            confidence=row.confidence,
            started=row.pattern_start_time,
            ended=row.pattern_end_time,
            retained_ratio=finite(row.retained_ratio),
            truncated=row.truncated,
            detection_method=row.detection_method,
            detector_version=row.detector_version,
            row=row,
        )

    @strawberry.field(description="The evidence object, with amounts and times of every transfer.")
    async def evidence(self, info: Info) -> JSON:
        """Put together from the stored ids."""
        return cast("JSON", await evidence_of(info, self.row))


@strawberry.type(description="What an analyst said of an alert.")
class Feedback:
    """One verdict."""

    id: strawberry.ID
    verdict: Verdict
    analyst: str
    comment: str | None
    confidence: float
    at: datetime | None
    expires_at: datetime | None
    muted_until: datetime | None


@strawberry.type(description="A typology on an account that somebody should look at.")
class Alert:
    """One alert."""

    id: strawberry.ID
    network: str
    processing_date: date
    window_days: int
    typology_type: str
    pattern_id: strawberry.ID | None
    pattern_type: str | None
    severity: Severity
    priority: float = strawberry.field(
        description="What alerts are listed by: confidence, gravity and share of what the account "
        "does, by how often it does so."
    )
    suspected_address_type: str | None
    suspected_address_subtype: str | None
    alert_confidence_score: float
    description: str
    volume: float | None
    volume_usd: float | None
    volume_base: str | None = strawberry.field(description="Exact; each transfer counts once.")
    asset: str | None
    transfers: list[str]
    risk_indicators: list[str]
    started: datetime | None
    ended: datetime | None
    created_at: datetime
    status: AlertStatus
    status_at: datetime
    duplicate_of: strawberry.ID | None
    cluster_ids: list[strawberry.ID]
    feedback: list[Feedback]
    row: strawberry.Private[AlertRow]

    @classmethod
    def of(cls, row: AlertRow) -> "Alert":
        """The alert of a row."""
        return cls(
            id=strawberry.ID(row.id),
            network=row.network,
            processing_date=date.fromisoformat(row.processing_date),
            window_days=row.window_days,
            typology_type=row.typology_type,
            pattern_id=None if row.pattern_id is None else strawberry.ID(row.pattern_id),
            pattern_type=row.pattern_type,
            severity=Severity(row.severity),
            priority=row.priority,
            suspected_address_type=row.suspected_address_type,
            suspected_address_subtype=row.suspected_address_subtype,
            alert_confidence_score=row.alert_confidence_score,
            description=row.description,
            volume=finite(row.volume),
            volume_usd=finite(row.volume_usd),
            volume_base=row.volume_base,
            asset=row.asset,
            transfers=row.transfers,
            risk_indicators=row.risk_indicators,
            started=row.started,
            ended=row.ended,
            created_at=row.created_at,
            status=AlertStatus(row.status),
            status_at=row.status_at,
            duplicate_of=None if row.duplicate_of is None else strawberry.ID(row.duplicate_of),
            cluster_ids=[strawberry.ID(key) for key in row.clusters],
            feedback=[
                Feedback(
                    id=strawberry.ID(said["id"]),
                    verdict=Verdict(said["verdict"]),
                    analyst=said["analyst"],
                    comment=said["comment"],
                    confidence=said["confidence"],
                    at=instant(said["at"]),
                    expires_at=instant(said["expires_at"]),
                    muted_until=instant(said["muted_until"]),
                )
                for said in row.feedback
            ],
            row=row,
        )

    @strawberry.field(description="The account that the alert is about.")
    async def account(self, info: Info) -> Account:
        """The account."""
        row = await info.context.loaders.accounts.load(self.row.account)
        if row is None:
            raise StateError(f"Account {self.row.account} was removed while it was read.")
        return Account.of(row, {})

    @strawberry.field(description="The patterns that triggered it, the leading one first.")
    async def patterns(self, info: Info) -> list[Pattern]:
        """The patterns."""
        rows = await info.context.loaders.patterns.load_many(self.row.pattern_keys)
        return [Pattern.of(row) for row in rows if row is not None]


@strawberry.type(description="Alerts of one batch that belong together.")
class AlertCluster:
    """One cluster; its fields are the columns of `lookups/api_alert_clusters`."""

    id: strawberry.ID
    network: str
    processing_date: date
    window_days: int
    cluster_type: str = strawberry.field(
        description="same_entity, same_pattern, network or temporal."
    )
    primary_address: str
    pattern_id: strawberry.ID | None
    primary_alert_id: strawberry.ID
    related_alert_ids: list[strawberry.ID]
    addresses_involved: list[str]
    total_alerts: int
    total_volume_usd: float | None = strawberry.field(description="Each transfer counts once.")
    severity_max: Severity
    confidence_avg: float
    earliest_alert_timestamp: datetime | None
    latest_alert_timestamp: datetime | None

    @strawberry.field(description="Its first alerts, at most 100, by id.")
    async def alerts(self, info: Info, first: int = 20) -> list[Alert]:
        """The alerts."""
        size = info.context.page_size(first)
        keys = [str(key) for key in self.related_alert_ids[:size]]
        rows = await info.context.loaders.alerts.load_many(keys)
        return [Alert.of(row) for row in rows if row is not None]


async def evidence_of(info: Info, pattern: PatternRow) -> dict[str, object]:
    """The evidence object of a stored pattern."""
    found = await info.context.loaders.evidence.load_many(pattern.transfers)
    return compose(pattern, {row.id: row for row in found if row is not None})
