"""Views, votes and the knee, by hand and by a second implementation."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import percentileofscore
from sklearn.ensemble import IsolationForest

from ml.novelty import CLUSTERED, Novelty, find, knee

VIEWS = {"behavioral": ("volume", "rate", "absent"), "graph": ("rank", "flat")}
NOTHING = pl.DataFrame(schema={"account": pl.String})


@pytest.fixture(scope="module")
def features() -> pl.DataFrame:
    """Two hundred alike accounts, of which the last is far from all in everything."""
    random = np.random.default_rng(3)
    values = {name: random.normal(size=200) for name in ("volume", "rate", "rank")}
    for column in values.values():
        column[-1] = 12.0
    names = [f"a{i:03}" for i in range(200)]
    return pl.DataFrame({"account": names, **values, "flat": [1.0] * 200})


@pytest.fixture(scope="module")
def found(features: pl.DataFrame) -> Novelty:
    return find(features, VIEWS, ["volume"], NOTHING)


def test_a_view_is_the_percentile_of_a_forest_over_its_columns(
    features: pl.DataFrame, found: Novelty
) -> None:
    assert found.columns == {
        "behavioral": ("volume", "rate"),
        "graph": ("rank",),
        "global": ("volume", "rate", "rank"),
    }
    x = features.select("volume", "rate").to_numpy()
    z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    forest = IsolationForest(n_estimators=300, max_samples=200, random_state=42).fit(z)
    value = -forest.decision_function(z)
    expected = [percentileofscore(value, v, kind="mean") / 100 for v in value]
    assert found.frame["behavioral"].to_numpy() == pytest.approx(expected)


def test_three_detectors_vote(features: pl.DataFrame, found: Novelty) -> None:
    last = found.frame.row(-1, named=True)
    assert (last["dbscan"], last["view"], last["size"], last["votes"]) == (True, True, True, 3)
    size = features["volume"].to_numpy() > np.quantile(features["volume"].to_numpy(), 0.99)
    assert found.frame["size"].to_list() == size.tolist()
    assert int(size.sum()) == 2
    views = found.frame.select("behavioral", "graph", "global").to_numpy() > 0.95
    assert found.frame["view"].to_list() == views.any(axis=1).tolist()
    three = found.frame.select("dbscan", "view", "size").to_numpy().sum(axis=1)
    assert found.frame["votes"].to_list() == three.tolist()


def test_dbscan_is_density_reached_by_hand() -> None:
    """Six accounts on a spot, five on another, one between: only that one is noise."""
    x = [0.0] * 6 + [10.0] * 5 + [5.0]
    frame = pl.DataFrame({"account": [f"a{i:02}" for i in range(12)], "x": x})
    found = find(frame, {"all": ("x",)}, [], NOTHING)
    assert found.eps == 0.5
    assert found.frame["dbscan"].to_list() == [False] * 11 + [True]
    assert found.noise == 1 / 12


def test_the_knee_is_farthest_below_the_line() -> None:
    # From 0 to 10 over five steps the line is 0 2 4 6 8 10; below it by 0 1 2 3 4 0.
    assert knee(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 10.0])) == 4.0


def test_too_many_columns_for_a_half_take_the_knee() -> None:
    random = np.random.default_rng(0)
    names = [f"x{i}" for i in range(40)]
    wide = pl.DataFrame(random.normal(size=(300, 40)), schema=names)
    frame = wide.with_columns(account=pl.Series([f"a{i:03}" for i in range(300)]))
    found = find(frame, {"all": names}, [], NOTHING)
    assert found.eps is not None
    assert found.eps > 0.5
    assert found.noise is not None
    assert found.noise < 0.5


def test_instances_count_by_their_rarest_kind(features: pl.DataFrame) -> None:
    """Of 200 accounts one is in a cycle: percentile (200 - 0.5) / 200; the rest share rank 100."""
    instances = pl.DataFrame({"account": ["a007", "a008"], "cycle": [1, 0], "fan_in": [2, 2]})
    scores = find(features, VIEWS, [], instances).frame["suspicious_pattern_score"]
    assert scores[7] == pytest.approx(199.5 / 200)
    assert scores[8] == pytest.approx((199.5 - 0.5) / 200)  # ranks 199 and 200 are shared
    assert scores[0] == pytest.approx((100 - 0.5) / 200)
    assert find(features, VIEWS, [], NOTHING).frame["suspicious_pattern_score"].unique()[0] == 0.5


def test_missing_values_take_the_median_and_few_accounts_do_not_cluster() -> None:
    # Amounts of several assets are never added, so a ledger may have none of a column.
    nobody = [None, float("nan"), None]
    frame = pl.DataFrame({"account": ["a", "b", "c"], "x": [1.0, None, 3.0], "y": nobody})
    found = find(frame, {"all": ("x", "y")}, ["x"], NOTHING)
    assert found.columns["all"] == ("x",)
    assert (found.eps, found.noise) == (None, None)
    assert not found.frame["dbscan"].any()
    assert CLUSTERED > 3
