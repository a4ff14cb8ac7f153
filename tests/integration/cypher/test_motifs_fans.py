"""Fan-in and fan-out on random ledgers: the columnar passes against their queries."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from polars.testing import assert_frame_equal

from core.errors import ParameterError
from cypher import motifs
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

SMALL = ("1", "2", "3", "5", "6", "10")
HUGE = ("100000000000000000000000", "100000000000000000000001", "199999999999999999999999")
LEAST = {"fan_in": "min_sources", "fan_out": "min_destinations"}
FRESH = {"fan_in": "new_sources_only", "fan_out": "new_destinations_only"}
SETTINGS: tuple[dict[str, object], ...] = (
    {"max_other": None},
    {"window": "PT12H", "max_gap": "PT6H", "max_other": 2, "max_cv": 0.7},
    {"since": "2024-01-01T12:00:00Z", "until": "2024-01-02T16:00:00Z", "min_amount": 2},
    {"max_amount": 9, "truncation_limit": 6, "truncation_order": "amount_desc", "max_other": None},
    {"truncation_limit": 5, "truncation_order": "ts_asc", "max_per_account": 1, "window": "PT8H"},
    {"truncation_limit": 8, "hub_degree": 7, "max_other": None, "limit": 9},
    {"fresh": True, "window": "PT9H", "since": "2024-01-01T05:00:00Z", "max_other": None},
    {"asset": "n1:gold", "hub_degree": 7, "least": 1, "max_other": None, "allow_same_ledger": True},
    {
        "network": "n2",
        "retention_min": 0.5,
        "retention_max": 0.95,
        "max_gap": "PT9H",
        "max_other": 5,
    },
)


def write_random(graph: Graph) -> None:
    """Five networks: ties in time, unknown order, unknown amounts, two assets, huge amounts."""
    for network in range(5):
        rng = random.Random(network)  # noqa: S311 - the same ledgers each time
        amounts = HUGE if network == 4 else (*SMALL, "?") if network == 3 else SMALL
        lines = []
        for number in range(70):
            source, target = f"a{rng.randrange(9)}", f"a{rng.randrange(9)}"
            order, asset = rng.randrange(3), rng.choice(("coin", "coin", "gold"))
            line = f"{source} {target} {rng.choice(amounts)} {rng.randint(1, 45)}h ord={order}"
            flags = " flags=order_unknown" if rng.random() < 0.3 else ""
            lines.append(f"{line} asset={asset} id=t{number}{flags}")
        infra: dict[str, dict[str, object]] = {"a8": {"is_infra": True}}
        write_ledger(graph, lines, network=f"n{network}", accounts=infra)


@pytest.mark.parametrize("name", ["fan_in", "fan_out"])
def test_the_columnar_pass_equals_the_query(name: str, clean_graph: Graph) -> None:
    write_random(clean_graph)
    heights, cuts = [], 0
    for setting in SETTINGS:
        for variant in ("temporal", "conserving"):
            given = {"least": 2, "retention_min": 0.4, **setting, "variant": variant}
            given[LEAST[name]] = given.pop("least")
            given[FRESH[name]] = given.pop("fresh", False)
            bound = motifs.bind(name, given)
            found = motifs.match(clean_graph, name, given)
            assert_frame_equal(found, clean_graph.read(f"motifs/{name}", **bound))
            heights.append(found.height)
            cuts += found.filter("truncated").height
    assert heights.count(0) <= 1
    assert min(sum(heights[::2]), sum(heights[1::2])) > 60
    assert cuts > 0


@pytest.mark.parametrize("name", ["fan_in", "fan_out"])
def test_a_star_has_leaves(name: str, clean_graph: Graph) -> None:
    with pytest.raises(ParameterError, match="must be at least 1"):
        motifs.match(clean_graph, name, {LEAST[name]: 0})
