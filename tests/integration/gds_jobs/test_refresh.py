"""Local families follow new transfers, and end as if every account had been computed anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.schema import RunState
from cypher.flows import are_fresh
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import moment, write_ledger
from tests.integration.gds_jobs.test_jobs import random_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cypher.graph import Graph

Features = dict[str, dict[str, object]]

MARKED = "MATCH (a:Account) SET a.mean_gap_seconds = -1.0"
LOADED = ("id", "network", "address", "kind", "first_seen", "last_seen", "is_infra")
LEDGER = [f"a{n} a{n + 1} {n + 0.1} {n}d id=t{n}" for n in range(1, 20)]


def computed(graph: Graph, **spec: object) -> int | None:
    """Run `activity`; how many accounts it computed, None for all of them."""
    (report,) = run(graph, ["activity"], RunSpec(**spec))  # type: ignore[arg-type]
    assert report.state == RunState.SEALED
    with graph.driver.session() as session:
        query = "MATCH (r:JobRun {id: $id}) RETURN r.results"
        found = session.run(query, id=report.run).single(strict=True)[0]
    return None if found is None else json.loads(found)["computed"]


def features(graph: Graph) -> Features:
    with graph.driver.session() as session:
        rows = session.run("MATCH (a:Account) RETURN a.address, properties(a)").values()
    return {
        address: {key: value for key, value in found.items() if key not in LOADED}
        for address, found in rows
    }


def anew(graph: Graph) -> Features:
    """The features as a full run gives them."""
    assert computed(graph, parameters={"activity": {"rebuild": "true"}}) is None
    return features(graph)


def mark(graph: Graph) -> None:
    """Spoil a value of every account: only those that are computed again get it back."""
    with graph.driver.session() as session:
        session.run(MARKED).consume()


def spoilt(found: Features) -> set[str]:
    return {address for address, own in found.items() if own["mean_gap_seconds"] == -1.0}


def ends(lines: Sequence[str]) -> set[str]:
    return {end for line in lines for end in line.split()[:2]}


def test_only_accounts_with_new_transfers_are_computed(clean_graph: Graph) -> None:
    lines = [f"{line} id=t{n}" for n, line in enumerate(random_ledger(7, 300, 60), 1)]
    new = [*lines[285:], "a1 new 0.1 299h id=x", "a1 a2 1 300h id=f kind=fee"]
    write_ledger(clean_graph, lines[:285])
    assert computed(clean_graph) is None
    assert computed(clean_graph) == 0
    write_ledger(clean_graph, new)
    assert computed(clean_graph) == len(ends(new)) < 60
    partly = features(clean_graph)
    assert partly == anew(clean_graph)
    assert partly["new"]["in_transfer_count"] == 1
    # And nobody else's value was written.
    write_ledger(clean_graph, ["a1 a2 0.3 301h id=y"])
    mark(clean_graph)
    assert computed(clean_graph) == 2
    found = features(clean_graph)
    assert spoilt(found) == set(found) - {"a1", "a2"}


def test_amounts_of_every_account_go_when_a_second_asset_moves(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    computed(clean_graph)
    assert features(clean_graph)["a9"]["balance_proxy"] == 8.1 - 9.1
    # A fee in another asset is not looked at: all amounts stay.
    write_ledger(clean_graph, ["a1 a2 1 20d id=fee asset=gold kind=fee"])
    assert computed(clean_graph) == 2
    assert "balance_proxy" in features(clean_graph)["a9"]
    write_ledger(clean_graph, ["a1 a2 1 21d id=gold asset=gold"])
    assert computed(clean_graph) is None
    partly = features(clean_graph)
    assert not any("balance_proxy" in own for own in partly.values())
    write_ledger(clean_graph, ["a3 a4 1 22d id=more asset=gold"])
    assert computed(clean_graph) == 2
    assert features(clean_graph) == anew(clean_graph)
    # Of one asset nothing changed when the other moved first; its accounts follow too.
    one = {"asset": "case:coin"}
    assert computed(clean_graph, **one) is None
    write_ledger(clean_graph, ["a5 a6 1 23d id=coin"])
    assert computed(clean_graph, **one) == 2


def test_accounts_that_became_infrastructure_lose_their_features(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    computed(clean_graph)
    assert features(clean_graph)["a9"]["in_degree"] == 1
    write_ledger(clean_graph, ["a1 a2 1 20d id=n"], accounts={"a9": {"is_infra": True}})
    assert computed(clean_graph) is None
    partly = features(clean_graph)
    assert partly["a9"] == {}
    assert partly == anew(clean_graph)
    write_ledger(clean_graph, ["a1 a2 1 21d id=o"], accounts={"a9": {"is_infra": None}})
    assert computed(clean_graph) is None
    assert features(clean_graph)["a9"]["in_degree"] == 1


def test_late_and_replaced_transfers_compute_everything(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    computed(clean_graph)
    run(clean_graph, ["flows"])
    write_ledger(clean_graph, ["a7 a12 5 3d id=late"])
    assert computed(clean_graph) is None
    assert features(clean_graph)["a12"]["in_degree"] == 2
    run(clean_graph, ["flows"])
    # One for one, above every ledger so far: neither ledger nor count tells that a8 -> a9 is gone.
    write_ledger(clean_graph, ["a8 a9 5 20d id=old"])
    assert computed(clean_graph) == 2
    run(clean_graph, ["flows"])
    assert are_fresh(clean_graph)
    ledger, old = 20 * 86_400, "case:1728000:old"
    deleted = clean_graph.write(
        "writes/transfers_delete", network="case", ledgers=[ledger], ids=[old]
    )
    assert deleted["deleted"].sum() == 1
    lost = {"network": "case", "writer": "test", "accounts": 0}
    clean_graph.write("writes/checkpoint_raise", **lost, transfers=-1, removed=1)
    write_ledger(clean_graph, ["a8 a13 5 20d id=better"])
    assert not are_fresh(clean_graph)
    assert computed(clean_graph) is None
    partly = features(clean_graph)
    assert (partly["a9"]["in_degree"], partly["a13"]["in_degree"]) == (1, 2)
    assert partly == anew(clean_graph)


def test_values_of_another_range_or_of_a_failed_run_are_not_built_upon(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    computed(clean_graph)
    whole = features(clean_graph)
    assert computed(clean_graph, as_of=moment("9d")) is None
    assert features(clean_graph) != whole
    assert computed(clean_graph) is None
    assert features(clean_graph) == whole
    with clean_graph.driver.session() as session:
        query = "MATCH (r:JobRun {job: 'activity'}) WITH r ORDER BY r.started DESC LIMIT 1 "
        session.run(query + "SET r.state = 'failed'").consume()
    assert computed(clean_graph) is None
    assert computed(clean_graph) == 0
