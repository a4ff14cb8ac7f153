"""A lease has one holder, and who lost it writes nothing more."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import neo4j
import pytest

from core.errors import QueryTimeoutError, StateError
from cypher import leases
from cypher.leases import Hold, Lease, Taken

if TYPE_CHECKING:
    from cypher.graph import Graph

RACES, RUNNERS = 100, 8
EXPIRE = "MERGE (l:Lease {name: $name}) SET l.until = datetime() - duration('PT1S'), l.owner = 'x'"
SLOW = "UNWIND range(1, 1000000000) AS x WITH x WHERE x % 7 = $p RETURN count(x)"


def cypher(graph: Graph, query: str, **parameters: object) -> list[list[object]]:
    with graph.driver.session() as session:
        return session.run(query, parameters).values()


def test_a_hundred_races_grant_each_lease_once(clean_graph: Graph) -> None:
    graph, tokens = clean_graph, [0]
    start = threading.Barrier(RUNNERS)

    def race(runner: int) -> Lease | Taken:
        start.wait()
        return leases.take(graph, "race", owner=f"runner {runner} 0")

    with ThreadPoolExecutor(RUNNERS) as pool:
        for number in range(RACES):
            # Of the first race nobody has seen the lease; before the others it expires.
            if number:
                cypher(graph, EXPIRE, name="race")
            answers = list(pool.map(race, range(RUNNERS)))
            granted = [answer for answer in answers if isinstance(answer, Lease)]
            assert len(granted) == 1
            winner = granted[0]
            refused = {answer.owner for answer in answers if isinstance(answer, Taken)}
            assert refused == {winner.owner}
            tokens.append(winner.token)
    assert all(later > earlier for earlier, later in pairwise(tokens))
    assert len(tokens) == RACES + 1


def test_a_wish_is_granted_once(clean_graph: Graph) -> None:
    """The commit of the first grant was lost on its way, so it is asked for again."""

    def ask(wish: str) -> Lease | Taken:
        return clean_graph.transact(
            "lease", lambda tx: leases.take_within(tx, "once", "me 1 0", wish, 60.0)
        )

    first = ask("wish")
    assert isinstance(first, Lease)
    assert ask("wish") == first
    assert ask("another wish") == Taken("me 1 0")


def test_who_lost_the_lease_writes_nothing(clean_graph: Graph) -> None:
    lease = leases.take(clean_graph, "write")
    assert isinstance(lease, Lease)
    with Hold(clean_graph, lease, "old") as hold:
        held = clean_graph.on_behalf_of("old", hold=hold)
        held.write("writes/checkpoint_lock", network="before")
        cypher(clean_graph, EXPIRE, name="write")
        newer = leases.take(clean_graph, "write")
        assert isinstance(newer, Lease)
        assert newer.token > lease.token
        with pytest.raises(StateError, match="took over"):
            held.write("writes/checkpoint_lock", network="after")
        with pytest.raises(StateError, match="took over"):
            held.read("lookups/leases_held")
    assert cypher(clean_graph, "MATCH (c:Checkpoint) RETURN c.network") == [["before"]]
    # The loser gave nothing back that was no longer its own.
    (row,) = clean_graph.read("lookups/leases_held").iter_rows(named=True)
    assert (row["token"], row["expired"]) == (newer.token, False)


def test_a_holder_renews_its_lease(clean_graph: Graph) -> None:
    lease = leases.take(clean_graph, "long", seconds=1.5)
    assert isinstance(lease, Lease)
    with Hold(clean_graph, lease, "run", seconds=1.5):
        time.sleep(3)
        assert leases.take(clean_graph, "long") == Taken(lease.owner)
    after = leases.take(clean_graph, "long")
    assert isinstance(after, Lease)
    assert after.token == lease.token + 1


def test_time_for_several_is_counted_once(clean_graph: Graph) -> None:
    lease = leases.take(clean_graph, "one of four")
    assert isinstance(lease, Lease)
    with Hold(clean_graph, lease, "run") as hold:
        hold.share(8.0, 1 / 4)
    assert hold.waited_seconds == 6.0


def test_a_time_limit_ends_the_transaction_and_what_comes_after(clean_graph: Graph) -> None:
    lease = leases.take(clean_graph, "slow")
    assert isinstance(lease, Lease)
    with Hold(clean_graph, lease, "slow-run", limit_seconds=1.0) as hold:
        held = clean_graph.on_behalf_of("slow", hold=hold)
        # As GDS does: a transaction that is known only by the projection it works on.
        with pytest.raises(neo4j.exceptions.Neo4jError, match="terminated"):
            cypher(clean_graph, SLOW.replace("$p", "size($p)"), p=leases.PROJECTION + "slow-run")
        with pytest.raises(QueryTimeoutError, match="limit of 1 s"):
            held.write("writes/checkpoint_lock", network="late")
    running = (
        "SHOW TRANSACTIONS YIELD currentQuery AS q WHERE q STARTS WITH 'UNWIND range' RETURN q"
    )
    assert cypher(clean_graph, running) == []
    assert clean_graph.read("lookups/leases_held").is_empty()


def test_leases_of_dead_processes_are_broken(clean_graph: Graph) -> None:
    host = leases.own_name().rsplit(" ", 2)[0]
    dead = leases.take(clean_graph, "dead", owner=f"{host} 1 0.00")
    leases.take(clean_graph, "alive")
    leases.take(clean_graph, "far", owner="elsewhere 1 0.00")
    leases.break_dead(clean_graph)
    assert clean_graph.read("lookups/leases_held")["name"].to_list() == ["alive", "far"]
    again = leases.take(clean_graph, "dead")
    assert isinstance(again, Lease)
    assert isinstance(dead, Lease)
    assert again.token > dead.token
