"""Alerts: their identity, how grave they are, and how they are kept (spec/alerts.md section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.schema import Severity
from cypher import evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cypher.graph import Graph

BATCH = 1_000
FIAT_BANDS = (1_000.0, 10_000.0, 100_000.0)
"""Below the first low, below the second medium, below the third high, else critical; US dollars."""

SEVERITIES = list(Severity)


def alert_id(batch: str, typology: str, address: str, pattern: str | None) -> str:
    """The id of an alert: network|processing_date|window_days|typology|address|pattern_id."""
    return evidence.short_hash(batch, typology, address, pattern or "")


def severity(
    volume: float | None, bands: Sequence[float | None] | None, *, step_up: bool
) -> Severity:
    """How grave a volume is by ascending bands; medium where either is not known.

    Args:
        volume: fiat or whole units, as the bands are.
        bands: three limits, each the first value that is no longer below.
        step_up: whether it counts one step higher.
    """
    level = 1
    if volume is not None and bands is not None and None not in bands:
        level = sum(volume >= band for band in bands if band is not None)
    return SEVERITIES[min(level + step_up, len(SEVERITIES) - 1)]


def priority(confidence: float, severity: Severity, share: float, times: int) -> float:
    """What alerts are listed by, in [0, 4]: sure, grave, and unlike what the account always does.

    Args:
        confidence: in [0, 1].
        severity: counts 1 for low to 4 for critical.
        share: of the account's transfers in the window those in evidence, in [0, 1].
        times: how often the account shows the typology in the window, apart in time.
    """
    return confidence * (SEVERITIES.index(severity) + 1) * share / times


def store(graph: Graph, alerts: Sequence[Sequence[object]]) -> int:
    """Write alerts as rows of `writes/alerts_store`; returns how many were not there before."""
    created = 0
    for start in range(0, len(alerts), BATCH):
        done = graph.write("writes/alerts_store", alerts=list(alerts[start : start + BATCH]))
        created += int(done["created"].sum())
    return created
