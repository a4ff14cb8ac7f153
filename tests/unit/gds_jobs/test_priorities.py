"""What alerts are listed by, worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.schema import Severity
from cypher.alerts import priority
from gds_jobs.candidates import Candidate
from gds_jobs.priorities import Habits, Place, intensity, times

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


@pytest.mark.parametrize(
    ("evidence", "ever", "days", "expected"),
    [
        (10, 30, 10, 4.0),  # 10 in 10 days, 20 in the other 80: once a day, and once in four
        (10, 10, 10, 80.0),  # nothing else: as if it were one transfer
        (10, 90, 10, 1.0),  # what it always does
        (10, 12, 45, 5.0),  # as much before and after as during
        (10, 12, 46, None),  # less: nobody can say
        (4, 8, 0, 2159.0),  # at one moment: an hour of 2,160
    ],
)
def test_how_active_beside_usual(
    evidence: int, ever: int, days: float, expected: float | None
) -> None:
    found = intensity(evidence, ever, timedelta(days=days), timedelta(days=90))
    assert found == (expected if expected is None else pytest.approx(expected))


def test_only_what_needs_to_be_unusual_is_routine() -> None:
    gather, fan = candidate("a", "gather_scatter", 0, 9), candidate("a", "fan_in", 0, 9)

    def routine(entry: Candidate, intensity: float | None) -> bool:
        return Habits({id(entry): Place(0.1, intensity)}, {}).are_in(entry)

    assert routine(gather, 2.9)
    assert not routine(gather, 3.0)
    assert not routine(gather, None)
    assert not routine(fan, 0.5)


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
