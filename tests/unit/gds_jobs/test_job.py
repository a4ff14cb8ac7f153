from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.errors import ParameterError
from cypher import leases
from gds_jobs.catalog import ALGORITHMS, names, summaries
from gds_jobs.job import RunSpec, bind
from gds_jobs.shared import Asked, sharing

NAMES = """
from gds_jobs.job import Task
from gds_jobs.catalog import names
more = {f"t{i}": Task("t", print) for i in range(8)}
print(names({"last": Task("t", print, after=tuple(more)), **more}))
"""
DEFAULTS = {"rounds": 20, "tolerance": 1e-6, "exact": False, "weight": "count"}


def test_given_values_and_texts_replace_defaults() -> None:
    given = {"rounds": "7", "tolerance": 1, "exact": "True", "weight": "none"}
    assert bind("job", DEFAULTS, given) == {
        "rounds": 7,
        "tolerance": 1.0,
        "exact": True,
        "weight": "none",
    }
    assert bind("job", DEFAULTS, {}) == DEFAULTS


@pytest.mark.parametrize(
    "given",
    [
        {"round": 1},
        {"rounds": "many"},
        {"rounds": 1.5},
        {"rounds": True},
        {"exact": 1},
        {"exact": "maybe"},
        {"tolerance": None},
        {"weight": "age"},
    ],
)
def test_wrong_parameters_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match="job: parameter"):
        bind("job", DEFAULTS, given)


def test_flows_come_first_then_features_then_algorithms() -> None:
    found = names()
    assert found[0] == "flows"
    assert found.index("activity") < found.index("pagerank")
    assert list(summaries()) == found


def test_jobs_come_in_the_same_order_in_every_process() -> None:
    orders = {
        subprocess.run(
            [sys.executable, "-c", NAMES],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    (order,) = orders
    assert order.index(b"'t7'") < order.index(b"'last'")


def test_algorithms_share_a_projection_where_one_serves_both() -> None:
    def asked(name: str, **parameters: object) -> Asked:
        job = ALGORITHMS.get(name)
        return Asked(name, job, {**job.defaults, **parameters})

    weighed, other = asked("pagerank"), asked("eigenvector", weight="amount")
    plain, long, pairs = asked("wcc"), asked("closeness"), asked("kcore")
    found = sharing([asked("betweenness"), weighed, plain, other, long, plain, pairs])
    assert [[one.name for one in group] for group in found] == [
        ["betweenness", "pagerank", "wcc"],
        ["eigenvector"],  # weighs by something else
        ["closeness"],  # may take long
        ["wcc"],
        ["kcore"],
    ]
    assert weighed.arguments(1)["relationship_weight_property"] == "weight"
    assert "relationship_weight_property" not in plain.arguments(1)


def test_an_owner_is_alive_while_its_process_is() -> None:
    own = leases.own_name()
    assert leases.is_alive(own, overdue=True)
    host, pid, _ = own.rsplit(" ", 2)
    assert not leases.is_alive(f"{host} {pid} 0.00", overdue=False)
    assert leases.is_alive("elsewhere 1 0.00", overdue=False)
    assert not leases.is_alive("elsewhere 1 0.00", overdue=True)


def test_a_spec_covers_everything_by_default() -> None:
    spec = RunSpec()
    assert (spec.network, spec.asset, spec.as_of, spec.window) == (None, None, None, None)
