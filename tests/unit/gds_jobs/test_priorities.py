"""What alerts are listed by, worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.schema import Severity
from cypher.alerts import priority
from gds_jobs.candidates import Candidate
from gds_jobs.priorities import times

DAY = datetime(2024, 1, 1, tzinfo=UTC)


def candidate(account: str, typology: str, start: float, days: float) -> Candidate:
    started = DAY + timedelta(days=start)
    return Candidate(
        typology, account, "center", 0.5, started=started, ended=started + timedelta(days=days)
    )


@pytest.mark.parametrize(
    ("confidence", "severity", "share", "often", "expected"),
    [
        (1.0, Severity.CRITICAL, 1.0, 1, 4.0),
        (0.9, Severity.HIGH, 0.4, 1, 1.08),
        (0.7, Severity.MEDIUM, 0.9, 1, 1.26),  # less grave, but nearly all the account did
        (1.0, Severity.HIGH, 0.3, 3, 0.3),  # every month's payroll
        (0.7, Severity.CRITICAL, 0.01, 8, 0.0035),  # a hub's every day
    ],
)
def test_sure_grave_and_unlike_what_the_account_always_does(
    confidence: float, severity: Severity, share: float, often: int, expected: float
) -> None:
    assert priority(confidence, severity, share, often) == pytest.approx(expected)


def test_what_overlaps_in_time_counts_once() -> None:
    chains = [candidate("a", "layering", start, 2) for start in (0, 1, 1.5)]
    months = [candidate("b", "temporal_burst", start, 0.1) for start in (0, 30, 60)]
    others = [candidate("b", "fan_out", 0, 0.1), Candidate("rule_H1", "b", "suspect", 0.5)]
    assert times([*chains, *months, *others]) == {
        ("a", "layering"): 1,
        ("b", "temporal_burst"): 3,
        ("b", "fan_out"): 1,
        ("b", "rule_H1"): 1,
    }


def test_one_long_finding_does_not_hide_the_short_ones_in_it() -> None:
    found = [candidate("a", "fan_in", 0, 30), *(candidate("a", "fan_in", i, 1) for i in (2, 9, 16))]
    assert times(found)["a", "fan_in"] == 3
