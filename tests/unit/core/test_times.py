"""Instants are UTC and exact; spans of time are positive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ParameterError
from core.times import (
    DAY_MS,
    before,
    from_epoch_ms,
    parse_duration,
    parse_instant,
    to_epoch_ms,
    window_ms,
)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30d", timedelta(days=30)),
        ("24h", timedelta(days=1)),
        ("3600s", timedelta(hours=1)),
        ("P7D", timedelta(days=7)),
        ("PT1H30M", timedelta(minutes=90)),
        ("P2W", timedelta(weeks=2)),
        ("1.5h", timedelta(minutes=90)),
    ],
)
def test_spans(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "P", "PT", "7", "0d", "P1Y", "P1M", "1M", "9" * 12 + "d"])
def test_no_spans(text: str) -> None:
    with pytest.raises(ParameterError):
        parse_duration(text)


def test_instants_are_utc() -> None:
    assert parse_instant("2024-01-31") == datetime(2024, 1, 31, tzinfo=UTC)
    assert parse_instant("2024-01-31T12:00:00+02:00") == datetime(2024, 1, 31, 10, tzinfo=UTC)
    with pytest.raises(ParameterError, match="ISO 8601"):
        parse_instant("31.01.2024")
    with pytest.raises(ParameterError, match="ISO 8601"):
        parse_instant("0001-01-01T00:00:00+14:00")


def test_no_instant_is_before_the_first() -> None:
    new_year = datetime(2024, 1, 1, tzinfo=UTC)
    assert before(new_year, timedelta(days=365)) == datetime(2023, 1, 1, tzinfo=UTC)
    assert before(new_year, timedelta(days=999_999)).year == 1


@given(st.integers(-62_000_000_000_000, 250_000_000_000_000))
def test_milliseconds_go_there_and_back(value: int) -> None:
    assert to_epoch_ms(from_epoch_ms(value)) == value


def test_an_open_end_of_a_window_is_beyond_every_time() -> None:
    since = parse_instant("2024-01-01")
    begin, end = window_ms(since, None)
    assert begin == to_epoch_ms(since) == 19_723 * DAY_MS
    latest = to_epoch_ms(datetime.max.replace(tzinfo=UTC))
    assert -window_ms(None, since)[0] == end > latest
