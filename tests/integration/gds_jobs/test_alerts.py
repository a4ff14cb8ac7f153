"""Alerts: ids by hand, severity, suppression, merging, repetition, and what analysts said."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from core.errors import NotFoundError, ParameterError
from core.schema import RunState, Severity, Verdict
from cypher import feedback
from cypher.alerts import FIAT_BANDS, severity
from cypher.scores import ScoreRunSpec, publish
from cypher.wipe import wipe
from gds_jobs.candidates import Candidate, merged, overlap
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from loader.hash import graph_hash
from tests.integration.gds_jobs.ledgers import START, write_ledger, write_prices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cypher.graph import Graph


def fan(center: str, amount: int) -> list[str]:
    """Five senders of one centre, two days apart so that nothing but a fan-in is in them."""
    return [f"{center}{i} {center} {amount + i} {2 * i + 1}d" for i in range(5)]


LEDGER = [*fan("c", 100), *fan("d", 400), *fan("e", 4_000), *fan("f", 40_000)]
SPEC = RunSpec(as_of=START + timedelta(days=15), window=timedelta(days=15))
NEXT = RunSpec(as_of=START + timedelta(days=16), window=timedelta(days=15))
JOBS = ["patterns", "alerts"]
LEFT_BY_WIPE = (
    "MATCH (n:Account|Tag|Pattern|Alert|AlertCluster|Feedback|InfraProposal) RETURN count(n)"
)
DOLLARS = "MATCH (a:Asset {network: 'case'}) SET a.asset_class = 'fiat', a.symbol = 'USD'"


def ask(graph: Graph, query: str, **parameters: object) -> list[Any]:
    with graph.driver.session() as session:
        return [row[0] if len(row) == 1 else row for row in session.run(query, parameters).values()]


def alerts(graph: Graph, day: str = "2024-01-15") -> dict[str, dict[str, Any]]:
    query = (
        "MATCH (x:Alert {processing_date: date($day), typology_type: 'fan_in'}) "
        "MATCH (x)-[:ABOUT]->(a:Account) "
        "RETURN a.address, x {.*} ORDER BY a.address"
    )
    return dict(ask(graph, query, day=day))


def results(graph: Graph) -> dict[str, Any]:
    text = ask(graph, "MATCH (r:JobRun {job: 'alerts'}) RETURN r.results ORDER BY r.started")[-1]
    found: dict[str, Any] = json.loads(text)
    return found


def test_ids_severity_and_evidence(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    ask(clean_graph, DOLLARS)
    before = graph_hash(clean_graph)
    reports = run(clean_graph, JOBS, SPEC)
    assert [report.state for report in reports] == [RunState.SEALED] * 3
    assert graph_hash(clean_graph) == before  # what jobs leave is bookkeeping
    found = alerts(clean_graph)
    assert {name: alert["severity"] for name, alert in found.items()} == {
        "c": "low",
        "d": "medium",
        "e": "high",
        "f": "critical",
    }
    one = found["c"]
    text = f"case|2024-01-15|15|fan_in|c|{one['pattern_id']}"
    assert one["id"] == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert (one["volume_base"], one["volume_usd"]) == (str(500 + 10), 510.0)
    assert (one["status"], one["typology_type"]) == ("open", "fan_in")
    assert one["alert_confidence_score"] == 0.5
    # The fan is all that each centre did: confidence 0.5 times 1 to 4 for the severity.
    assert {name: alert["priority"] for name, alert in found.items()} == {
        "c": 0.5,
        "d": 1.0,
        "e": 1.5,
        "f": 2.0,
    }
    assert one["risk_indicators"] == ["variant:temporal", "share_of_transfers:1"]
    linked = "MATCH (p:Pattern)-[:TRIGGERS]->(x:Alert) WHERE p.id = x.pattern_id RETURN count(*)"
    assert ask(clean_graph, linked) == [4]


def test_without_prices_severity_follows_the_quantiles_of_the_asset(clean_graph: Graph) -> None:
    write_ledger(clean_graph, [*LEDGER, *(f"q{i} r{i} 600 9d" for i in range(30))])
    run(clean_graph, JOBS, SPEC)
    found = alerts(clean_graph)
    # Of what 84 accounts moved the median is 600, the 0.9 quantile 4,003, the 0.99 quantile 67,203.
    assert {name: alert["severity"] for name, alert in found.items()} == {
        "c": "low",
        "d": "medium",
        "e": "high",
        "f": "critical",
    }
    assert "volume_usd" not in found["c"]


def test_a_volume_is_of_the_price_of_each_transfers_own_day(clean_graph: Graph) -> None:
    gold = [f"{line} asset=gold" for line in fan("d", 400)]
    write_ledger(clean_graph, [*fan("c", 100), *gold])
    days = ["1d", "3d", "5d", "7d", "9d"]
    write_prices(clean_graph, [f"coin {price} {day}" for price, day in enumerate(days, 1)])
    write_prices(clean_graph, [f"gold 1000 {day}" for day in (*days[:4], "10d")])
    run(clean_graph, JOBS, SPEC)
    found = alerts(clean_graph)
    # 100 * 1 + 101 * 2 + 102 * 3 + 103 * 4 + 104 * 5
    assert (found["c"]["volume_usd"], found["c"]["severity"]) == (1_540.0, "medium")
    # One day has no price, and a sum of the others would not be the volume.
    assert "volume_usd" not in found["d"]
    patterns = "MATCH (p:Pattern {pattern_type: 'fan_in'}) "
    query = patterns + "RETURN p.evidence_volume_usd AS usd ORDER BY usd"
    assert ask(clean_graph, query) == [1_540.0, None]


def test_what_an_account_always_does_is_a_pattern_and_no_alert(clean_graph: Graph) -> None:
    """A busy account gathers and scatters in every window; another does it once, in two days."""
    always = [
        line
        for i in range(60)
        for line in (f"s{i} busy 10 {24 * i + 1}h", f"busy t{i} 9 {24 * i + 12}h")
    ]
    once = [f"u{i} once 10 {1200 + i}h" for i in range(4)]
    once += [f"once w{i} 9 {1220 + i}h" for i in range(4)]
    write_ledger(clean_graph, [*always, *once])
    spec = RunSpec(as_of=START + timedelta(days=60), window=timedelta(days=60))
    run(clean_graph, JOBS, spec)
    found = "MATCH (x:Alert {typology_type: 'gather_scatter'})-[:ABOUT]->(a) RETURN a.address"
    assert ask(clean_graph, found) == ["once"]
    centres = (
        "MATCH (p:Pattern {typology_type: 'gather_scatter'})<-[:INVOLVED_IN {role: 'center'}]-(a) "
        "RETURN a.address, count(*) ORDER BY a.address"
    )
    (busy, windows), (_, single) = ask(clean_graph, centres)
    assert (busy, windows, single) == ("busy", results(clean_graph)["routine"], 1)


def test_a_risk_label_is_one_step_up_and_trusted_accounts_get_none(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    ask(clean_graph, DOLLARS)
    tag = "MATCH (a:Account {id: $id}) CREATE (a)-[:HAS_TAG]->(t:Tag {id: $id, network: 'case'}) "
    risk = tag + "SET t.risk_level = 'high', t.known_from = datetime($known)"
    ask(clean_graph, risk, id="case:c0", known="2024-01-02T00:00:00Z")
    ask(clean_graph, risk, id="case:d0", known="2024-01-20T00:00:00Z")  # not yet known
    known = tag + (
        "SET t.category = 'exchange', t.trust_level = $trust, "
        "t.known_from = datetime('2024-01-01T00:00:00Z')"
    )
    ask(clean_graph, known, id="case:e", trust="verified")
    ask(clean_graph, known, id="case:f", trust="community")
    run(clean_graph, JOBS, SPEC)
    found = alerts(clean_graph)
    assert sorted(found) == ["c", "d", "f"]
    assert results(clean_graph)["suppressed_trusted"] == 1
    assert (found["c"]["severity"], found["d"]["severity"]) == ("medium", "medium")
    assert found["c"]["risk_indicators"][-1] == "risk_label_within_1_hop"


@pytest.mark.parametrize(
    ("volume", "step_up", "expected"),
    [
        (999.99, False, "low"),
        (1_000.0, False, "medium"),
        (9_999.99, True, "high"),
        (10_000.0, False, "high"),
        (100_000.0, False, "critical"),
        (100_000.0, True, "critical"),
        (None, False, "medium"),
        (None, True, "high"),
    ],
)
def test_bands(volume: float | None, step_up: bool, expected: str) -> None:
    assert severity(volume, FIAT_BANDS, step_up=step_up) is Severity(expected)


def candidate(name: str, transfers: Sequence[str], confidence: float = 0.5) -> Candidate:
    return Candidate(
        "fan_in", "a", "center", confidence, patterns=[name], hashes=[name], transfers=[*transfers]
    )


def test_patterns_merge_from_eighty_percent_of_their_transfers_on() -> None:
    big = candidate("p1", ["1", "2", "3", "4", "5", "6"])
    part = candidate("p2", ["2", "3", "4", "5", "9"])  # 4 of its 5
    other = candidate("p3", ["5", "6", "7", "8"])  # 2 of its 4
    assert overlap(big.transfers, part.transfers) == 0.8
    found = merged([big, part, other])
    assert [alert.patterns for alert in found] == [["p1", "p2"], ["p3"]]
    assert found[0].transfers == ["1", "2", "3", "4", "5", "6", "9"]


def test_status_feedback_and_mutes_outlive_runs(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    run(clean_graph, JOBS, SPEC)
    first = alerts(clean_graph)
    now = datetime.now(UTC)
    said = feedback.Opinion(Verdict.CONFIRMED, "ann", "known mule", 0.9)
    given = feedback.give(clean_graph, first["c"]["id"], said, now)
    feedback.give(clean_graph, first["d"]["id"], feedback.Opinion(Verdict.DISMISSED, "ann"))
    feedback.give(clean_graph, first["e"]["id"], feedback.Opinion(Verdict.UNCLEAR, "bob"))

    tags = ask(
        clean_graph, "MATCH (a)-[:HAS_TAG]->(g:Tag) RETURN a.address, g {.*} ORDER BY a.address"
    )
    label = "confirmed: fan_in"
    tag_id = hashlib.sha256(f"case|c|analyst|{label}".encode()).hexdigest()[:32]
    assert [name for name, _ in tags] == ["c", "d"]
    tag = tags[0][1]
    assert (tag["id"], given.tag, tag["label"]) == (tag_id, tag_id, label)
    assert (tag["source"], tag["risk_level"], tag["confidence"]) == ("analyst", "high", 0.9)
    assert abs(tag["known_from"].to_native() - now) < timedelta(milliseconds=1)
    assert (tag["expires_at"].to_native() - now).days in (364, 365)
    assert tags[1][1]["risk_level"] == "low"

    # The centre f loses a sender and is no fan-in any more; c does too, and keeps its feedback.
    for end in ("f0", "c0"):
        ask(clean_graph, "MATCH (a:Account {id: $id})-[t:TRANSFER]->() DELETE t", id=f"case:{end}")
    reports = run(clean_graph, JOBS, SPEC)
    again = alerts(clean_graph)
    statuses = {name: alert["status"] for name, alert in again.items()}
    assert statuses == {"c": "confirmed", "d": "dismissed", "e": "in_review"}
    assert again["e"]["id"] == first["e"]["id"]
    assert again["e"]["created_at"] == first["e"]["created_at"]
    assert again["c"]["run"] != reports[-1].run
    found = results(clean_graph)
    assert (found["muted"], found["removed"], found["created"]) == (1, 1, 0)

    # What was dismissed stays silent on other days too; what was there before is a duplicate.
    run(clean_graph, JOBS, NEXT)
    later = alerts(clean_graph, "2024-01-16")
    assert {name: alert["status"] for name, alert in later.items()} == {"e": "duplicate"}
    assert later["e"]["duplicate_of"] == first["e"]["id"]
    assert len(alerts(clean_graph)) == 3

    # A later verdict ends the mute and the tag of the earlier one.
    feedback.give(clean_graph, first["d"]["id"], feedback.Opinion(Verdict.CONFIRMED, "bob"))
    run(clean_graph, JOBS, NEXT)
    assert sorted(alerts(clean_graph, "2024-01-16")) == ["d", "e"]
    ended = ask(
        clean_graph,
        "MATCH (g:Tag {label: 'dismissed: fan_in'}) RETURN g.expires_at <= datetime()",
    )
    assert ended == [True]

    wipe(clean_graph, "case")
    assert ask(clean_graph, LEFT_BY_WIPE) == [0]


def test_a_verdict_ends_no_tag_that_another_alert_stands_for(clean_graph: Graph) -> None:
    write_ledger(clean_graph, fan("c", 100))
    create = (
        "MATCH (a:Account {id: 'case:c'}) CREATE (:Alert {id: $id, network: 'case', "
        "typology_type: 'fan_in', status: 'open', pattern_hashes: [$hash]})-[:ABOUT]->(a)"
    )
    for key, digest in {"one": "p", "other": "q", "next day": "p"}.items():
        ask(clean_graph, create, id=key, hash=digest)
    counting = (
        "MATCH (g:Tag) WHERE g.expires_at > datetime() RETURN left(g.label, 9) AS l ORDER BY l"
    )
    for key, verdict, expected in [
        ("one", Verdict.CONFIRMED, ["confirmed"]),
        ("other", Verdict.DISMISSED, ["confirmed", "dismissed"]),
        ("next day", Verdict.DISMISSED, ["dismissed"]),  # of the same pattern as the first
    ]:
        feedback.give(clean_graph, key, feedback.Opinion(verdict, "ann"))
        assert ask(clean_graph, counting) == expected


def test_what_grew_is_a_duplicate_until_a_fifth_of_it_is_new(clean_graph: Graph) -> None:
    """A sixth sender comes to c and d, at d so late that the day before does not see it."""
    write_ledger(clean_graph, [*LEDGER, "d5 d 405 15d"])
    run(clean_graph, JOBS, SPEC)
    first = alerts(clean_graph)
    confirmed = feedback.Opinion(Verdict.CONFIRMED, "ann")
    feedback.give(clean_graph, first["c"]["id"], confirmed)
    dismissed = feedback.Opinion(Verdict.DISMISSED, "ann")
    feedback.give(clean_graph, first["d"]["id"], dismissed)
    silenced = datetime.now(UTC) - feedback.MUTED - timedelta(days=1)
    feedback.give(clean_graph, first["e"]["id"], dismissed, silenced)
    write_ledger(clean_graph, ["c5 c 105 10d"])
    run(clean_graph, JOBS, SPEC)
    told = "MATCH (x:Alert)-[:ABOUT]->(:Account {id: 'case:c'}) RETURN x.status, x.duplicate_of"
    assert sorted(ask(clean_graph, told)) == [["confirmed", None], ["duplicate", first["c"]["id"]]]
    proof = "MATCH (p:Pattern)-[:TRIGGERS]->({id: $id}) RETURN p.superseded, size(p.transfers)"
    assert ask(clean_graph, proof, id=first["c"]["id"]) == [[True, 5]]

    run(clean_graph, JOBS, NEXT)
    later = alerts(clean_graph, "2024-01-16")
    assert later["d"]["pattern_hash"] != first["d"]["pattern_hash"]
    assert {name: alert.get("duplicate_of") for name, alert in later.items()} == {
        "c": first["c"]["id"],
        "d": first["d"]["id"],
        "e": None,  # its mute is over
        "f": first["f"]["id"],
    }


def test_a_window_repeats_what_another_of_its_day_said(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    run(clean_graph, JOBS, SPEC)
    longer = RunSpec(as_of=SPEC.as_of, window=timedelta(days=30))
    status = (
        "MATCH (x:Alert {typology_type: 'fan_in'})-[:ABOUT]->(a {address: 'f'}) "
        "RETURN x.window_days, x.status ORDER BY x.window_days"
    )
    run(clean_graph, JOBS, longer)
    assert ask(clean_graph, status) == [[15, "open"], [30, "duplicate"]]
    run(clean_graph, JOBS, SPEC)  # the shorter one, again, is still the first
    assert ask(clean_graph, status) == [[15, "open"], [30, "duplicate"]]
    ask(clean_graph, "MATCH (x:Alert {window_days: 15}) DETACH DELETE x")
    run(clean_graph, ["alerts"], longer)
    assert ask(clean_graph, status) == [[30, "open"]]
    assert results(clean_graph)["reopened"] == 4
    run(clean_graph, JOBS, SPEC)  # and now the longer one was
    assert ask(clean_graph, status) == [[15, "duplicate"], [30, "open"]]


def test_feedback_is_checked(clean_graph: Graph) -> None:
    with pytest.raises(NotFoundError, match="alert"):
        feedback.give(clean_graph, "none", feedback.Opinion(Verdict.CONFIRMED, "ann"))
    with pytest.raises(ParameterError, match="confidence"):
        feedback.give(clean_graph, "none", feedback.Opinion(Verdict.CONFIRMED, "ann", None, 1.5))
    assert ask(clean_graph, "MATCH (f:Feedback) RETURN count(f)") == [0]


def test_rules_votes_and_calibrated_scores_raise_alerts(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    ask(clean_graph, DOLLARS)
    as_of = START + timedelta(days=15)

    def score(model: str, values: dict[str, float], parameters: str = "{}", **more: Any) -> None:
        frame = pl.DataFrame(
            {"account": [f"case:{name}" for name in values], "value": [*values.values()], **more}
        )
        spec = ScoreRunSpec(model, network="case", as_of=as_of, parameters=parameters)
        publish(clean_graph, spec, frame)

    texts = [["H1: collects; in_degree = 5", "H6: loops"], [], ["c: z = 3"]]
    score("rules", {"c": 2.0, "d": 0.0, "e": 1.0}, reasons=texts)
    score("unsupervised_anomaly", {"c": 1 / 3, "d": 2 / 3, "e": 1.0})
    score("graphsage", {"c": 0.95, "d": 0.2}, '{"alert_threshold": 0.9}')
    score("uncalibrated", {"c": 0.99})
    run(clean_graph, JOBS, SPEC)
    # The volume of c, d and e is low, medium and high; each has another typology as well.
    graver = {name: alert["severity"] for name, alert in alerts(clean_graph).items()}
    assert graver == {"c": "medium", "d": "high", "e": "critical", "f": "critical"}
    query = (
        "MATCH (x:Alert)-[:ABOUT]->(a) WHERE x.pattern_type IS NULL RETURN "
        "x.typology_type, a.address, round(x.alert_confidence_score, 3) "
        "ORDER BY x.typology_type, a.address"
    )
    assert ask(clean_graph, query) == [
        ["model_anomaly", "c", 0.95],
        ["rule_H1", "c", 0.5],
        ["rule_H6", "c", 0.5],
        ["unsupervised_anomaly", "d", 0.667],
        ["unsupervised_anomaly", "e", 1.0],
    ]
    early = RunSpec(as_of=START + timedelta(days=14), window=timedelta(days=15))
    run(clean_graph, JOBS, early)  # the scores are of the future, seen from here
    query = "MATCH (x:Alert {processing_date: date('2024-01-14')}) RETURN count(x.pattern_type)"
    scored = "MATCH (x:Alert {processing_date: date('2024-01-14')}) RETURN count(x)"
    assert ask(clean_graph, scored) == ask(clean_graph, query) != [0]
