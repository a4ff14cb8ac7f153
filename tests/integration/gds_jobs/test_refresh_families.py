"""Every family after new transfers holds what computing all of it anew gives."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.schema import RunState
from cypher.families import khop
from cypher.family import Change, Scope
from cypher.features import compute, read_features, refresh
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import moment, short, write_ledger, write_prices
from tests.integration.gds_jobs.test_refresh import features

if TYPE_CHECKING:
    from cypher.graph import Graph

FAMILIES = ("activity", "astro", "fairon", "fiat", "khop", "memo", "swarm")
ACCOUNTS = 300
YEAR_LATER = {3: {"fiat", "swarm"}}
"""After a year most transfers lie in another quarter of the span, or are older than 90 days."""
LAST_FIAT = "MATCH (r:JobRun {job: 'fiat'}) RETURN r.results ORDER BY r.started DESC LIMIT 1"
DECIMALS = "MATCH (s:Asset) SET s.decimals = 0"


def ledger(seed: int) -> list[str]:
    """Two years of few transfers, the later ones in a part of the accounts."""
    chance = Random(seed)  # noqa: S311 - the same ledger each time
    lines = []
    hour = 1
    for number in range(420):
        hour += chance.choice([0, 1, 5, 90])
        ends = (chance.randrange(ACCOUNTS), chance.randrange(ACCOUNTS))
        lines.append(
            f"a{ends[0]} a{ends[1]} {chance.randrange(1, 400)} {hour}h id=t{number} tx=x{number}"
        )
    return lines


def increments(seed: int, hour: int) -> list[list[str]]:
    """What follows: loops closed, a new hub, new accounts, a fee, a year without transfers."""
    chance = Random(seed)  # noqa: S311 - the same ledger each time
    x, y, z, h = (f"a{n}" for n in chance.sample(range(ACCOUNTS), 4))
    return [
        [f"{x} {y} 9 {hour}h", f"{y} {z} 8 {hour}h", f"{z} {x} 7 {hour}h", f"{x} {x} 3 {hour}h"],
        [
            f"{y} {x} 4 {hour + 100}h",
            f"new {z} 6 {hour + 150}h",
            f"{x} only 1 {hour + 160}h kind=fee",
        ],
        [f"{h} b{n} {n + 1} {hour + 200 + n}h" for n in range(6)],
        [f"{z} new 5 {hour + 9000}h", f"{h} {x} 2 {hour + 9000}h"],
        [],
    ]


def computed(graph: Graph, **spec: object) -> dict[str, int | None]:
    """Run all families; how many accounts each computed, None for all of them."""
    reports = run(graph, FAMILIES, RunSpec(**spec))  # type: ignore[arg-type]
    assert [report.error for report in reports if report.state != RunState.SEALED] == []
    query = "UNWIND $ids AS id MATCH (r:JobRun {id: id}) RETURN r.job, r.results"
    with graph.driver.session() as session:
        rows = session.run(query, ids=[report.run for report in reports]).values()
    return {job: json.loads(results)["computed"] for job, results in rows}


def anew(graph: Graph) -> dict[str, dict[str, object]]:
    return {
        short([row.pop("account")])[0]: {k: v for k, v in row.items() if v is not None}
        for row in read_features(graph, FAMILIES).to_dicts()
    }


def assert_as_anew(graph: Graph) -> None:
    stored = features(graph)
    for account, expected in anew(graph).items():
        own = stored.pop(account)
        assert own.keys() == expected.keys(), account
        for key, value in expected.items():
            exact = isinstance(value, str)
            right = value if exact else pytest.approx(value, rel=1e-9, abs=1e-9)
            assert own[key] == right, (account, key)
    assert not any(stored.values())


def test_activity_equals_its_query(clean_graph: Graph) -> None:
    lines = [*ledger(5), "a1 a1 3 2h id=self", "a1 a2 ? 4h id=unknown", "a1 a2 1 4h id=f kind=fee"]
    lines += [f"a{n} a{n % 4} {n} {n}h kind=utxo id=x{n % 7}:0:{n}" for n in range(1, 20)]
    lines.append("a3 a3 8 5h kind=utxo id=x5:0:99 flags=change")
    write_ledger(clean_graph, lines, accounts={"a5": {"is_infra": True}})
    write_ledger(clean_graph, ["other more 3 9h id=o"], network="other")
    spans = [(None, None), (moment("40h"), moment("900h"))]
    for several in (False, True):
        if several:
            write_ledger(clean_graph, ["a7 a8 2 30h id=gold asset=gold"])
        for asset in (None, "case:coin"):
            for since, until in spans:
                scope = Scope("case", asset, since, until)
                oracle = clean_graph.read(
                    "features/activity", network="case", asset=asset, since=since, until=until
                ).sort("account")
                assert_frame_equal(compute(clean_graph, "activity", scope).frame, oracle)
    some = pl.Series("account", oracle["account"].sample(40, seed=1).sort())
    partly = refresh(clean_graph, "activity", Scope("case"), Change({}, pairs_of(some), 0))
    assert partly is not None
    own = clean_graph.read("features/activity", network="case", accounts=some).sort("account")
    assert_frame_equal(partly.frame, own)


def pairs_of(accounts: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"source": accounts, "target": accounts})


@pytest.mark.parametrize("seed", [3, 8])
def test_after_each_of_several_increments(
    seed: int, clean_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(khop, "HUB_DEGREE", 7)
    base = ledger(seed)
    last = int(base[-1].split()[3].removesuffix("h"))
    write_ledger(clean_graph, base, accounts={"a5": {"is_infra": True}})
    with clean_graph.driver.session() as session:
        session.run(DECIMALS).consume()
    days = range(last // 24 + 400)
    prices = [f"coin {1 + day % 7} {24 * day + 1}h" for day in days if day % 9]
    write_prices(clean_graph, prices[: last // 24])
    assert set(computed(clean_graph).values()) == {None}
    assert_as_anew(clean_graph)
    for number, lines in enumerate(increments(seed, last + 1)):
        named = [f"{line} id=n{number}x{place} memo=text:n" for place, line in enumerate(lines)]
        write_ledger(clean_graph, named) if named else None
        write_prices(clean_graph, prices)  # of days to come
        counts = computed(clean_graph)
        all_anew = {job for job, count in counts.items() if count is None}
        assert all_anew <= YEAR_LATER.get(number, set())
        assert_as_anew(clean_graph)
        with clean_graph.driver.session() as session:
            told = json.loads(session.run(LAST_FIAT).value()[0])["facts"]
        whole = compute(clean_graph, "fiat", Scope("case")).facts
        for name in ("end", "prices", "transfers", "unpriced"):
            assert told[name] == whole[name], name
    write_prices(clean_graph, ["coin 50 2d"])  # of a day that is long past
    assert computed(clean_graph)["fiat"] is None
    assert_as_anew(clean_graph)


def test_new_transactions_are_added_to_what_is_stored(clean_graph: Graph) -> None:
    chance = Random(4)  # noqa: S311 - the same ledger each time
    lines = [
        f"a{chance.randrange(40)} a{chance.randrange(40)} {2**55 + number} {number // 2 + 1}h "
        f"kind=utxo id=x{number // 2}:{number % 2}:0"
        for number in range(120)
    ]
    write_ledger(clean_graph, lines[:100], accounts={"a3": {"is_infra": True}})
    counts = []
    for part in ([], lines[100:110], lines[110:]):
        if part:
            write_ledger(clean_graph, part)
        (report,) = run(clean_graph, ["utxo"], RunSpec())
        assert report.state == RunState.SEALED, report.error
        stored = {name: own for name, own in features(clean_graph).items() if own}
        found = read_features(clean_graph, ["utxo"]).drop_nulls()
        assert stored == {short([row.pop("account")])[0]: row for row in found.to_dicts()}
        counts.append(report.nodes)
    assert counts[0] > counts[1]
