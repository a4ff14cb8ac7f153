"""Path, rate and taint motifs on random ledgers, against second implementations."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from polars.testing import assert_frame_equal

from cypher import motifs
from tests.integration.gds_jobs.ledgers import write_ledger, write_tags

if TYPE_CHECKING:
    from cypher.graph import Graph


def random_lines(seed: int, accounts: int, count: int, hours: int) -> list[str]:
    """Transfers among `accounts` accounts, of amounts that often fit each other."""
    rng = random.Random(seed)  # noqa: S311 - the same ledgers each time
    return [
        f"a{rng.randrange(accounts)} a{rng.randrange(accounts)} "
        f"{rng.choice((10, 20, 90, 95, 100))} {rng.randint(1, hours)}h ord={number}"
        for number in range(count)
    ]


@pytest.mark.parametrize("name", ["taint_poison", "taint_haircut", "taint_fifo"])
def test_one_hop_of_taint_equals_the_query(name: str, clean_graph: Graph) -> None:
    for number in range(6):
        write_ledger(clean_graph, random_lines(number, 8, 40, 60), network=f"n{number}")
        tags = {"a1": {"category": "scam"}, "a2": {"category": "exchange"}}
        write_tags(clean_graph, tags, network=f"n{number}")
    parameters = {"max_hops": "1", "hub_degree": "6", "min_amount": "15"}
    kernel = motifs.match(clean_graph, name, parameters)
    query = clean_graph.read(f"motifs/{name}", **motifs.bind(name, parameters))
    assert kernel.height > 10
    assert {"absorber", "tainted"} == {roles[0] for roles in kernel["roles"].to_list()}
    assert_frame_equal(kernel, query)


LOOSE = {"min_length": "2", "window": "PT30H", "max_per_account": "1", "min_total": "0"}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("pass_through", {"min_matches": "1", "min_share": "0", "hub_degree": "6"}),
        ("pass_through", {"truncation_limit": "2", "max_per_account": "2", "min_share": "0.3"}),
        ("layering_chain", {"min_total": "0", "max_length": "4", "max_inner_degree": "5"}),
        ("layering_chain", LOOSE),
    ],
)
def test_a_kernel_equals_its_query(
    name: str, parameters: dict[str, str], clean_graph: Graph
) -> None:
    for number in range(8):
        lines = random_lines(number, 7, 40, 60)
        lines += [f"{line} flags=order_unknown" for line in random_lines(-number, 7, 20, 60)]
        lines = [f"{line} id=u{place}" for place, line in enumerate(lines)]
        write_ledger(clean_graph, lines, network=f"n{number}")
    kernel = motifs.match(clean_graph, name, parameters)
    query = clean_graph.read(f"motifs/{name}", **motifs.bind(name, parameters))
    assert kernel.height > 10
    assert_frame_equal(kernel, query)


@pytest.mark.parametrize(
    ("parameters", "least"),
    [
        ({"source": "n1:a1", "max_gap": "PT12H"}, 3),
        ({"source": "n1:a1", "destination": "n1:a2", "max_hops": "4"}, 3),
        ({"source": "n2:a1", "variant": "conserving", "retention_max": "9"}, 3),
    ],
)
def test_traces_equal_the_query(parameters: dict[str, str], least: int, clean_graph: Graph) -> None:
    for number in (1, 2):
        write_ledger(clean_graph, random_lines(number, 6, 22, 40), network=f"n{number}")
    kernel = motifs.match(clean_graph, "trace", parameters)
    query = clean_graph.read("motifs/trace", **motifs.bind("trace", parameters))
    assert kernel.height >= least
    assert_frame_equal(kernel, query)
