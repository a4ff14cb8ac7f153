from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.api.conftest import HUGE, IDS, publish_risk, transfers, values

if TYPE_CHECKING:
    from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

WALK = """
query ($order: AccountOrder, $way: SortDirection, $filter: AccountFilter, $after: String) {
  accounts(orderBy: $order, direction: $way, filter: $filter, first: 7, after: $after) {
    run
    pageInfo { hasNextPage endCursor }
    edges { node { id score(model: "risk") { value run } feature(name: "pagerank") } }
  }
}
"""


async def walk(client: Client, **variables: object) -> list[Any]:
    nodes: list[Any] = []
    after = None
    while True:
        page = (await client.data(WALK, {**variables, "after": after}))["accounts"]
        nodes += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes


@pytest.mark.parametrize("way", ["ASC", "DESC"])
async def test_a_walk_by_id_visits_each_account_once(client: Client, way: str) -> None:
    found = [node["id"] for node in await walk(client, way=way)]
    assert found == (IDS if way == "ASC" else IDS[::-1])


@pytest.mark.parametrize("way", ["ASC", "DESC"])
async def test_a_walk_by_score_with_ties_visits_each_account_once(client: Client, way: str) -> None:
    found = await walk(client, order={"score": "risk"}, way=way)
    sign = 1 if way == "ASC" else -1
    scores = dict(zip(IDS, values(), strict=True))
    assert [node["id"] for node in found] == sorted(IDS, key=lambda i: (sign * scores[i], i))
    assert {node["id"]: node["score"]["value"] for node in found} == scores


@pytest.mark.parametrize("way", ["ASC", "DESC"])
async def test_a_walk_by_feature_with_ties_visits_each_account_once(
    client: Client, way: str
) -> None:
    found = await walk(client, order={"feature": "pagerank"}, way=way)
    sign = 1 if way == "ASC" else -1
    expected = sorted(IDS, key=lambda i: (sign * (IDS.index(i) % 7), i))
    assert [node["id"] for node in found] == expected


async def test_a_walk_stays_in_its_run_when_another_is_published(client: Client) -> None:
    first = (await client.data(WALK, {"order": {"score": "risk"}}))["accounts"]
    other = publish_risk(client.graph, [100.0 + i for i in range(len(IDS))])
    variables = {"order": {"score": "risk"}, "after": first["pageInfo"]["endCursor"]}
    second = (await client.data(WALK, variables))["accounts"]
    assert second["run"] == first["run"] != other
    assert {edge["node"]["score"]["run"] for edge in second["edges"]} == {first["run"]}
    assert all(edge["node"]["score"]["value"] < 4 for edge in second["edges"])
    fresh = (await client.data(WALK, {"order": {"score": "risk"}}))["accounts"]
    assert fresh["run"] == other


async def test_a_cursor_of_a_run_that_is_gone_is_refused(client: Client) -> None:
    first = (await client.data(WALK, {"order": {"score": "risk"}}))["accounts"]
    with client.graph.driver.session() as session:
        session.run("MATCH (r:ScoreRun {id: $r}) SET r.archive = 'x'", r=first["run"]).consume()
    variables = {"order": {"score": "risk"}, "after": first["pageInfo"]["endCursor"]}
    assert "no longer in the graph" in (await client.error(WALK, variables))["message"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"network": "demo"}, IDS),
        ({"network": "dem"}, []),
        ({"kind": "contract"}, IDS[1::2]),
        ({"isInfra": True}, [IDS[3]]),
        ({"isInfra": False}, IDS[:3] + IDS[4:]),
        ({"tag": "exchange"}, [IDS[3]]),
        ({"features": [{"name": "betweenness", "min": 10, "max": 12}]}, IDS[10:13]),
        ({"score": {"name": "risk", "min": 3}}, IDS[3::4]),
        ({"seenSince": "2023-11-14T22:14:20.055Z"}, IDS[55:]),
        ({"seenUntil": "2023-11-14T22:13:20.002Z"}, IDS[:3]),
        ({"kind": "account", "features": [{"name": "betweenness", "max": 2}]}, [IDS[0], IDS[2]]),
    ],
)
async def test_filters_hold_in_every_order(
    client: Client, condition: dict[str, object], expected: list[str]
) -> None:
    for order in (None, {"score": "risk"}, {"feature": "pagerank"}):
        found = await walk(client, filter=condition, order=order)
        assert sorted(node["id"] for node in found) == expected


async def test_an_account_shows_what_hangs_on_it(client: Client) -> None:
    account = (
        await client.data(
            f'{{ account(id: "{IDS[3]}") {{ id network address kind isInfra firstSeen lastSeen '
            "features { name value text } tags { category label confidence } "
            "scores { model run value "
            'percentile band reasons } none: feature(name: "x") '
            'words: feature(name: "dominant_asset") } }'
        )
    )["account"]
    assert account["id"] == IDS[3]
    assert (account["network"], account["address"], account["kind"]) == ("demo", "a03", "contract")
    assert account["isInfra"] is True
    assert account["firstSeen"] == "2023-11-14T22:13:20.003000+00:00"
    assert account["features"] == [
        {"name": "betweenness", "value": 3.0, "text": None},
        {"name": "dominant_asset", "value": None, "text": "demo:EUR"},
        {"name": "is_bot", "value": None, "text": "true"},
        {"name": "pagerank", "value": 3.0, "text": None},
    ]
    assert account["tags"] == [{"category": "exchange", "label": "Exchange 1", "confidence": 0.5}]
    assert [score["model"] for score in account["scores"]] == ["risk"]
    # 15 of 60 share the top value: ranks 46 to 60, mean 53.
    assert account["scores"][0]["value"] == 3.0
    assert account["scores"][0]["percentile"] == pytest.approx((53 - 0.5) / 60 * 100)
    assert (account["none"], account["words"]) == (None, None)
    assert (await client.data('{ account(id: "demo:nobody") { id } }'))["account"] is None


TRANSFERS = """
query ($id: ID!, $direction: Direction!, $newest: Boolean!, $after: String, $asset: String,
       $since: DateTime, $until: DateTime) {
  account(id: $id) {
    transfers(direction: $direction, newestFirst: $newest, first: 2, after: $after, asset: $asset,
              since: $since, until: $until) {
      pageInfo { hasNextPage endCursor }
      edges { node { id amountBase amount ledger ord timestamp asset source { id } target { id } } }
    }
  }
}
"""


@pytest.mark.parametrize("newest", [True, False])
@pytest.mark.parametrize("direction", ["IN", "OUT", "ANY"])
async def test_transfers_page_in_order_and_once(
    client: Client, direction: str, newest: bool
) -> None:
    found: list[Any] = []
    variables = {"id": IDS[0], "direction": direction, "newest": newest, "after": None}
    while True:
        page = (await client.data(TRANSFERS, variables))["account"]["transfers"]
        found += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        variables["after"] = page["pageInfo"]["endCursor"]
    sign = -1 if newest else 1
    expected = [
        row
        for row in transfers()
        if (direction != "IN" and row[1] == IDS[0]) or (direction != "OUT" and row[2] == IDS[0])
    ]
    expected.sort(key=lambda r: (sign * r[5], sign * r[6], sign * r[7], r[0]))
    assert [node["id"] for node in found] == [row[0] for row in expected]
    assert [node["ledger"] for node in found] == [row[6] for row in expected]
    ends = [(node["source"]["id"], node["target"]["id"]) for node in found]
    assert ends == [(row[1], row[2]) for row in expected]


async def test_amounts_are_exact(client: Client) -> None:
    variables = {"id": IDS[5], "direction": "IN", "newest": False, "asset": "demo:GOLD"}
    page = (await client.data(TRANSFERS, variables))["account"]["transfers"]
    assert [edge["node"]["amountBase"] for edge in page["edges"]] == [HUGE]


VALUES = """
query ($id: ID!) {
  account(id: $id) { transfers(direction: ANY, first: 100) { edges { node { id valueUsd } } } }
}
"""
PRICES = """
CREATE (:Asset {id: 'demo:GOLD', asset_class: 'fiat', symbol: 'USD'})
CREATE (:Price {asset: 'demo:COIN', date: date('2023-11-14'), source: 'a', precedence: 0, price: 9})
CREATE (:Price {asset: 'demo:COIN', date: date('2023-11-14'), source: 'z', precedence: 1, price: 2})
CREATE (:Price {asset: 'demo:COIN', date: date('2023-11-15'), source: 'a', precedence: 0, price: 3})
"""


async def test_a_transfer_has_the_value_of_its_own_day(client: Client) -> None:
    before = (await client.data(VALUES, {"id": IDS[0]}))["account"]["transfers"]["edges"]
    assert {edge["node"]["valueUsd"] for edge in before} == {None}
    with client.graph.driver.session() as session:
        session.run(PRICES).consume()
    after = (await client.data(VALUES, {"id": IDS[0]}))["account"]["transfers"]["edges"]
    found = {edge["node"]["id"]: edge["node"]["valueUsd"] for edge in after}
    # Every one was on 2023-11-14 (UTC); a unit of COIN has two decimals here, gold is dollars.
    assert found["demo:self"] == pytest.approx(0.05 * 2)
    assert found["demo:huge"] == pytest.approx(float(HUGE) / 100)
    coins = {row[0]: int(row[4]) / 100 * 2 for row in transfers() if row[3] == "demo:COIN"}
    assert {key: value for key, value in found.items() if key in coins} == pytest.approx(
        {key: value for key, value in coins.items() if key in found}
    )


async def test_transfers_between_two_instants(client: Client) -> None:
    variables = {
        "id": IDS[0],
        "direction": "ANY",
        "newest": False,
        "since": "2023-11-14T22:13:20.001Z",
        "until": "2023-11-14T23:13:20+01:00",
    }
    empty = (await client.data(TRANSFERS, variables))["account"]["transfers"]
    assert empty["edges"] == []
    variables["until"] = "2023-11-14T23:13:20.501+01:00"
    page = (await client.data(TRANSFERS, variables))["account"]["transfers"]
    assert [edge["node"]["id"] for edge in page["edges"]] == ["demo:self"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("first: 0", "BAD_REQUEST", "at least one"),
        ("first: 101", "LIMIT", "more than 100 items"),
        ('after: "nonsense"', "BAD_REQUEST", "not a cursor"),
        ('orderBy: {score: "nobody"}', "UNKNOWN_NAME", "no model named 'nobody'"),
        ('orderBy: {feature: "nothing"}', "NOT_FOUND", "no feature 'nothing'"),
        ('orderBy: {feature: "score_risk"}', "BAD_PARAMETER", "is not a feature"),
        ('orderBy: {feature: "id"}', "BAD_PARAMETER", "is not a feature"),
        ('orderBy: {score: "risk", feature: "pagerank"}', "BAD_REQUEST", "exactly one"),
    ],
)
async def test_bad_arguments_are_told(
    client: Client, arguments: str, code: str, message: str
) -> None:
    error = await client.error(f"{{ accounts({arguments}) {{ edges {{ cursor }} }} }}")
    assert error["extensions"]["code"] == code
    assert message.lower() in error["message"].lower()
