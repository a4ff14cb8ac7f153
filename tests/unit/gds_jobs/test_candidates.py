"""What concerns an account twice: other typologies only where their evidence is their own."""

from __future__ import annotations

from gds_jobs.candidates import Candidate, independent


def candidate(typology: str, transfers: str, confidence: float = 0.5) -> Candidate:
    return Candidate(typology, "a", "center", confidence, transfers=transfers.split())


def test_one_finding_under_two_names_counts_once() -> None:
    burst, fan = candidate("temporal_burst", "1 2 3 4 5", 1.0), candidate("fan_out", "1 2 3 4 6")
    assert independent([fan, burst]) == {"a": 1}


def test_so_does_one_that_repeats() -> None:
    """Every pay day is a burst and a fan: as often as it comes, it is one finding."""
    months = ["1 2 3 4 5", "11 12 13 14 15", "21 22 23 24 25"]
    found = [candidate("temporal_burst", month, 1.0) for month in months]
    found += [candidate("fan_out", month) for month in months]
    assert independent(found) == {"a": 1}


def test_evidence_of_its_own_is_another_finding() -> None:
    ring, fan = candidate("circular_flow", "1 2 3", 0.9), candidate("fan_in", "3 4 5 6 7")
    assert independent([ring, fan]) == {"a": 2}


def test_a_flag_has_no_transfers_and_counts() -> None:
    assert independent([candidate("fan_in", "1 2 3 4 5"), candidate("rule_H1", "")]) == {"a": 2}


def test_information_is_nothing_against_an_account() -> None:
    assert independent([candidate("whale", "1", 0.3)]) == {"a": 0}
    rare = candidate("unsupervised_anomaly", "", 1.0)
    assert independent([rare, candidate("fan_in", "2 3 4")]) == {"a": 1}
    assert independent([candidate("whale", "1", 0.3), candidate("fan_in", "2 3 4")]) == {"a": 1}
