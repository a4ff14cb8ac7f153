"""What analysts say of alerts, and what follows from it (spec/alerts.md section 9).

A verdict changes the alert's status and is kept with it. Confirmed and dismissed become a Tag of
the account; unclear says nothing of the account and makes none. Dismissed mutes the alert's
pattern hashes on that account for MUTED; the Feedback is the record of who muted what and why, and
a later verdict on the same alert ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4

from core.errors import NotFoundError, ParameterError
from core.schema import AlertStatus, Severity, Verdict
from core.times import to_epoch_ms

if TYPE_CHECKING:
    from cypher.graph import Graph, Transaction

MUTED = timedelta(days=30)
VALID = timedelta(days=365)
"""How long an analyst's tag counts unless told otherwise."""

SOURCE = "analyst"
_STATUS = {
    Verdict.CONFIRMED: AlertStatus.CONFIRMED,
    Verdict.DISMISSED: AlertStatus.DISMISSED,
    Verdict.UNCLEAR: AlertStatus.IN_REVIEW,
}
_RISK = {Verdict.CONFIRMED: Severity.HIGH, Verdict.DISMISSED: Severity.LOW}


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict as given; `confidence` in [0, 1], `expires_at` of the tag that it becomes."""

    verdict: Verdict
    analyst: str
    comment: str | None = None
    confidence: float = 1.0
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What came of a verdict; `tag` is the id of the tag it made."""

    id: str
    alert: str
    status: AlertStatus
    tag: str | None
    muted_until: datetime | None


def give(graph: Graph, alert: str, opinion: Opinion, at: datetime | None = None) -> Given:
    """Record a verdict on an alert, at once with everything that follows from it.

    Raises:
        ParameterError: the confidence is not in [0, 1], or the tag would end before it begins.
        NotFoundError: there is no such alert.
    """
    at = at or datetime.now(UTC)
    if not 0 <= opinion.confidence <= 1:
        raise ParameterError("feedback", "confidence", "must be from 0 to 1")
    if opinion.expires_at is not None and opinion.expires_at <= at:
        raise ParameterError("feedback", "expires_at", "must lie in the future")
    key, verdict = uuid4().hex, opinion.verdict
    muted = at + MUTED if verdict is Verdict.DISMISSED else None

    def work(transaction: Transaction) -> Given:
        about = transaction.run(
            "writes/feedback_give",
            alert=alert,
            id=key,
            verdict=verdict.value,
            status=_STATUS[verdict].value,
            analyst=opinion.analyst,
            comment=opinion.comment,
            confidence=opinion.confidence,
            at=at,
            expires_at=opinion.expires_at,
            muted_until=muted,
        )
        if about.is_empty():
            raise NotFoundError("alert", alert)
        account, network, typology = about.row(0)
        others = [_label(other, typology) for other in _RISK if other is not verdict]
        transaction.run("writes/tags_end", alert=alert, source=SOURCE, labels=others, at=at)
        tag = None
        if verdict in _RISK:
            tag = _tag(transaction, account, (network, typology), opinion, at)
        return Given(key, alert, _STATUS[verdict], tag, muted)

    return graph.transact("feedback", work)


def _label(verdict: Verdict, typology: str) -> str:
    return f"{verdict.value}: {typology}"


def _tag(
    transaction: Transaction, account: str, about: tuple[str, str], opinion: Opinion, at: datetime
) -> str:
    network, typology = about
    label = _label(opinion.verdict, typology)
    parts = (network, account.removeprefix(f"{network}:"), SOURCE, label)
    tag = sha256("|".join(parts).encode()).hexdigest()[:32]
    ends = opinion.expires_at or at + VALID
    row = [
        account,
        tag,
        network,
        label,
        "unknown",
        typology,
        _RISK[opinion.verdict].value,
        "verified",
        opinion.confidence,
        SOURCE,
        to_epoch_ms(at),
        None,
        to_epoch_ms(ends),
        None,
    ]
    transaction.run("writes/tag_merge", tags=[row])
    return tag
