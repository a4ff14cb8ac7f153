"""Who may get an alert in a batch, and for what: subjects of patterns, flags of rules, scores."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from cypher import evidence
from gds_jobs.priorities import UNSHOWN
from gds_jobs.typologies import TYPOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cypher.graph import Graph
    from gds_jobs.batch import Batch

OVERLAP = 0.8
"""Share of the smaller one's transfers from which two patterns are one finding."""

RULES_MODEL, VOTES_MODEL = "rules", "unsupervised_anomaly"
RULE_CONFIDENCE = 0.5
LEAST_VOTES = 2 / 3
THRESHOLD = "alert_threshold"
"""In a score run's parameters: the calibrated score from which its accounts get an alert."""

_LARGE, _EXACT = 1e4, 1e15
_RULE = re.compile(r"(H[1-6])\b")
_LOOPS = re.compile(r" loops: [^;]*")
_FIGURE = re.compile(r"\bfairon_(?P<name>\w+) (?P<value>-?\d[\d.e+-]*)")


@dataclass(slots=True)
class Candidate:
    """An alert on its way: one typology on one account, with the patterns that tell it.

    Attributes:
        lead: the pattern with the highest confidence, then volume.
        keys: of the Pattern nodes, the lead's first; ids and hashes in the same order.
        further: transfers of further instances of the patterns.
        volume: whole units of the asset; usd the same in US dollars, where known.
        share: of what names no transfers, in the place of their share (gds_jobs/priorities.py).
    """

    typology: str
    account: str
    role: str
    confidence: float
    pattern_type: str | None = None
    variant: str | None = None
    asset: str | None = None
    keys: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)
    further: list[str] = field(default_factory=list)
    members: int = 0
    volume: float | None = None
    usd: float | None = None
    started: datetime | None = None
    ended: datetime | None = None
    retained_ratio: float | None = None
    truncated: bool = False
    said: str | None = None
    share: float = UNSHOWN

    @property
    def lead(self) -> str | None:
        """Id of the leading pattern."""
        return self.patterns[0] if self.patterns else None

    def absorb(self, other: Candidate) -> None:
        """Take another pattern's evidence in."""
        have = set(self.transfers)
        self.transfers += [key for key in other.transfers if key not in have]
        self.further += other.further
        self.keys += other.keys
        self.patterns += other.patterns
        self.hashes += other.hashes
        self.truncated = self.truncated or other.truncated
        if self.started and other.started and self.ended and other.ended:
            self.started = min(self.started, other.started)
            self.ended = max(self.ended, other.ended)


def typologies() -> list[str]:
    """Names of all that an alert can be about."""
    alerting = [name for name, rows in TYPOLOGIES.items() if any(row.alerts for row in rows)]
    rules = [f"rule_H{number}" for number in range(1, 7)]
    return [*alerting, *rules, "unsupervised_anomaly", "model_anomaly"]


def overlap(some: Iterable[str], others: Iterable[str]) -> float:
    """Transfers in common by the transfers of the smaller set."""
    left, right = set(some), set(others)
    return len(left & right) / min(len(left), len(right)) if left and right else 0.0


def of_patterns(graph: Graph, batch: Batch) -> list[Candidate]:
    """One candidate per subject of each pattern."""
    frame = graph.read(
        "lookups/batch_patterns",
        network=batch.network,
        processing_date=batch.day,
        window_days=batch.window_days,
        alerting=True,
    )
    each = frame.with_columns(members=pl.col("accounts").list.len()).explode("accounts", "roles")
    wanted = (pl.col("subjects").list.len() == 0) | pl.col("subjects").list.contains(
        pl.col("roles")
    )
    rows = each.filter(wanted).sort(
        "confidence", "volume", "key", descending=[True, True, False], nulls_last=True
    )
    return [
        Candidate(
            typology=row["typology_type"],
            account=row["accounts"],
            role=row["roles"],
            confidence=row["confidence"],
            pattern_type=row["pattern_type"],
            variant=row["variant"],
            asset=row["asset"],
            keys=[row["key"]],
            patterns=[row["pattern_id"]],
            hashes=[row["pattern_hash"]],
            transfers=row["transfers"],
            further=row["further"],
            members=row["members"],
            volume=row["volume"],
            usd=row["volume_usd"],
            started=row["started"],
            ended=row["ended"],
            retained_ratio=row["retained_ratio"],
            truncated=row["truncated"],
        )
        for row in rows.iter_rows(named=True)
    ]


def merged(candidates: list[Candidate]) -> list[Candidate]:
    """Candidates of one typology and account as one where their transfers overlap enough.

    The first of them leads, so they come best first.
    """
    kept: dict[tuple[str, str], list[tuple[set[str], Candidate]]] = {}
    for candidate in candidates:
        group = kept.setdefault((candidate.typology, candidate.account), [])
        for proof, lead in group:
            if candidate.patterns[0] in lead.patterns:
                break
            if overlap(proof, candidate.transfers) >= OVERLAP:
                lead.absorb(candidate)
                break
        else:
            group.append((set(candidate.transfers), candidate))
    return [candidate for group in kept.values() for _, candidate in group]


def of_scores(graph: Graph, batch: Batch, *, whole: bool) -> list[Candidate]:
    """Flags of rules, votes of detectors and scores above their run's threshold."""
    runs = graph.read(
        "lookups/scores_for_alerts",
        network=batch.network,
        since=batch.start,
        until=batch.end,
        whole=whole,
    )
    found = []
    for model, run, parameters in runs.iter_rows():
        threshold = json.loads(parameters or "{}").get(THRESHOLD)
        least = {RULES_MODEL: 1.0, VOTES_MODEL: LEAST_VOTES - 1e-9}.get(model, threshold)
        if least is None:
            continue
        scores = graph.read(
            "lookups/scores_at_least", run=run, network=batch.network, least=float(least)
        )
        for account, value, reasons in scores.iter_rows():
            if model == RULES_MODEL:
                found += _flags(account, reasons)
            elif model == VOTES_MODEL:
                found.append(_scored("unsupervised_anomaly", account, value, reasons))
            else:
                said = [f"{model}: {first}" for first in reasons[:1]] + reasons[1:] or [model]
                found.append(_scored("model_anomaly", account, value, said, share=1.0))
    return found


def _flags(account: str, reasons: list[str]) -> list[Candidate]:
    flags = [(match[1], text) for text in reasons if (match := _RULE.match(text))]
    return [
        _scored(f"rule_{rule}", account, RULE_CONFIDENCE, [readable(text)]) for rule, text in flags
    ]


def readable(reason: str) -> str:
    """A rule's reason without the ids of its loops, names and figures as people write them."""
    return _FIGURE.sub(_figure, _LOOPS.sub(" loops", reason))


def _figure(match: re.Match[str]) -> str:
    return f"{match['name'].replace('_', ' ')} {figure(float(match['value']))}"


def figure(value: float) -> str:
    """A number as people read it: six digits, or two after the point where it is large."""
    written = f"{value:,.2f}".removesuffix(".00")
    return written if _LARGE <= abs(value) < _EXACT else f"{value:,.6g}"


def _scored(
    typology: str, account: str, value: float, reasons: list[str], share: float = UNSHOWN
) -> Candidate:
    """A candidate without a pattern; what mutes it is its typology and account."""
    digest = evidence.short_hash(typology, "static", "*", account)
    return Candidate(
        typology=typology,
        account=account,
        role="suspect",
        confidence=min(1.0, max(0.0, value)),
        hashes=[digest],
        said="; ".join(reasons) or None,
        share=share,
    )
