"""Network clusters are split or cut; who shares a counterparty begins the day of a temporal one."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from gds_jobs.clusters import LARGEST, network, temporal


def alerts(counts: dict[str, int]) -> pl.DataFrame:
    rows = [(f"{name}-{i:02}", name) for name, count in counts.items() for i in range(count)]
    return pl.DataFrame(rows, schema=["id", "account"], orient="row")


def pairs(text: str) -> pl.DataFrame:
    ends = [pair.split("-") for pair in text.split()]
    schema = {"account": pl.String, "counterparty": pl.String}
    return pl.DataFrame(ends, schema=schema, orient="row")


def unsplit(inside: pl.DataFrame, _gamma: float) -> pl.DataFrame:
    """One community, whatever the resolution; GDS refuses to project nothing."""
    assert not inside.is_empty()
    names = pl.concat([inside["account"], inside["counterparty"]]).unique().sort()
    return pl.DataFrame({"account": names, "community": [0] * names.len()})


def singles(inside: pl.DataFrame, _gamma: float) -> pl.DataFrame:
    """Every account a community of its own, which is said by no row."""
    return pl.DataFrame(schema={"account": inside.schema["account"], "community": pl.Int64})


def clusters(found: pl.DataFrame) -> list[set[str]]:
    parts = found.partition_by("cluster", maintain_order=True)
    return [set(part["id"].str.split("-").list.first()) for part in parts]


def test_one_account_with_many_alerts_is_no_network() -> None:
    many = alerts({"a": LARGEST + 1})
    assert network(many, pairs("a-m"), unsplit).is_empty()
    assert network(many, pairs("a-a"), unsplit).is_empty()
    assert network(many, pairs(""), unsplit).is_empty()


def test_an_account_with_too_many_alerts_leaves_its_neighbours_together() -> None:
    found = network(alerts({"a": 51, "b": 2, "c": 3}), pairs("a-b b-c"), unsplit)
    assert clusters(found) == [{"b", "c"}]


def test_accounts_that_are_communities_of_their_own_are_no_network() -> None:
    assert network(alerts({"a": 60, "b": 60}), pairs("a-b b-a"), singles).is_empty()


def test_what_no_resolution_splits_is_cut_with_neighbours_together() -> None:
    """A path of twelve accounts with ten alerts each, named so that ids are no neighbours."""
    path = ["a", "g", "b", "h", "c", "i", "d", "j", "e", "k", "f", "l"]
    line = " ".join(f"{one}-{other}" for one, other in itertools.pairwise(path))
    found = network(alerts(dict.fromkeys(path, 10)), pairs(line), unsplit)
    assert clusters(found) == [set(path[:5]), set(path[5:10]), set(path[10:])]
    again = network(alerts(dict.fromkeys(path[::-1], 10)), pairs(line).reverse(), unsplit)
    assert again.equals(found)


@pytest.mark.parametrize(("size", "expected"), [(25, 1), (26, 0)])
def test_a_cluster_holds_at_most_fifty_alerts(size: int, expected: int) -> None:
    found = network(alerts({"a": 25, "b": size}), pairs("a-b"), unsplit)
    assert found["cluster"].n_unique() == expected


def test_a_stranger_does_not_begin_the_day_of_those_who_share() -> None:
    """Hours 0, 24 and 47 share s; at 23 one shares nothing; 24, 47 and 48 are within a day."""
    hours = {"early": 0, "alone": 23, "b": 24, "c": 47, "d": 48}
    begun = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in hours.values()]
    found = alerts(dict.fromkeys(hours, 1)).with_columns(
        started=pl.Series(begun), typology_type=pl.lit("fan_in"), asset=pl.lit("coin")
    )
    shared = pairs("early-s alone-t b-s c-s d-u c-u")
    assert clusters(temporal(found, shared)) == [{"b", "c", "d"}]
