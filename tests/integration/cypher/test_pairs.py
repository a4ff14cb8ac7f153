"""Attributes of pairs and transactions of UTXO ledgers against plain Python, and by hand."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from core.times import parse_instant
from cypher import pairs
from cypher.features import read_features
from cypher.measures import utxo
from tests.integration.gds_jobs.ledgers import moment, short, write_ledger, write_prices

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from cypher.graph import Graph

HAND = [
    "a b 4 1d", "a b 1 3d", "a b 7 60h asset=gold", "b a 10 2d", "c c 5 1d", "a d 3 1d",
    "x y 9 1d kind=fee",
]  # fmt: skip
NOT_KNOWN = "MATCH ()-[t:TRANSFER {amount_base: '0'}]->() SET t.amount = null"
FROM, UNTIL = parse_instant("2024-01-05"), parse_instant("2024-01-20")


def assets_ledger() -> list[str]:
    """Wei of two assets, amounts that are not known, and times that repeat."""
    chance = Random(8)  # noqa: S311 - the same ledger each time
    written = []
    for number in range(400):
        ends = f"a{chance.randrange(9)} a{chance.randrange(9)}"
        amount = chance.choice([10**30 + number, 10**18 * number + 1, 5])
        flags = " flags=amount_unknown" if chance.random() < 0.02 else ""
        asset = chance.choice(["coin", "coin", "gold"])
        value = 0 if flags else amount
        written.append(f"{ends} {value} {1 + number // 3 * 3}h asset={asset}{flags}")
    return written


def utxo_ledger() -> list[str]:
    """Transactions of one to three payers and outputs, some of them change."""
    chance = Random(9)  # noqa: S311 - the same ledger each time
    written = []
    for number in range(1, 121):
        payers = chance.sample([f"u{n}" for n in range(15)], chance.randrange(1, 4))
        for output in range(chance.randrange(1, 4)):
            owner = f"u{chance.randrange(15)}"
            change = " flags=change" if owner in payers else ""
            fee = " fee=7" if output == 0 else ""
            written += [
                f"{payer} {owner} {chance.randrange(1, 2**53)} {5 * number}h kind=utxo "
                f"id=x{number}:{output}:{k}{change}{fee if k == 0 else ''}"
                for k, payer in enumerate(payers)
            ]
    return written


LEDGERS = {
    "hand": HAND, "assets": assets_ledger(), "priced": assets_ledger(), "chain": utxo_ledger()
}  # fmt: skip
PRICES = {
    **{("priced", "coin", day): 1 + day / 8 for day in range(20) if day % 9},
    **{("priced", "gold", day): day / 4 for day in range(20)},
    **{("hand", "coin", day): price for day, price in ((1, 2.0), (3, 3.0))},
    ("hand", "gold", 2): 10.0,
}


@pytest.fixture(scope="module")
def written(graph: Graph, wiped: None) -> Graph:  # noqa: ARG001 - it empties the graph
    for network, lines in LEDGERS.items():
        write_ledger(graph, lines, network)
        with graph.driver.session() as session:
            session.run(
                "MATCH ()-[t:TRANSFER {amount_base: '0'}]->() SET t.amount = null"
            ).consume()
    for (network, asset, day), price in PRICES.items():
        write_prices(graph, [f"{asset} {price} {24 * day + 1}h"], network)
    return graph


def rows(network: str, since: datetime | None, until: datetime | None) -> list[dict[str, Any]]:
    found = []
    for number, line in enumerate(LEDGERS[network]):
        source, target, amount, time, *rest = line.split()
        at, told = moment(time), dict(part.split("=", 1) for part in rest)
        if (since is None or at >= since) and (until is None or at < until):
            known = None if amount == "0" else int(amount)
            change = told.get("flags") == "change"
            told |= {"tx": told["id"].split(":")[0] if "id" in told else str(number)}
            told |= {"ends": (source, target), "at": at, "asset": told.get("asset", "coin")}
            price = PRICES.get((network, told["asset"], (at - moment("0")).days))
            usd = None if known is None or price is None else float(known) * price
            told |= {"usd": 0.0 if change else usd}
            found.append({**told, "amount": 0 if change else known})
    return found


def expected_pairs(found: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        groups[row["ends"]].append(row)
    sums = {ends: added(of) for ends, of in groups.items()}
    return {ends: one_pair(ends, of, sums) for ends, of in groups.items()}


def added(of: list[dict[str, Any]]) -> dict[str, int | None]:
    names = {row["asset"] for row in of}
    amounts = {name: [row["amount"] for row in of if row["asset"] == name] for name in names}
    return {name: None if None in all_ else sum(all_) for name, all_ in amounts.items()}


def one_pair(
    ends: tuple[str, str], of: list[dict[str, Any]], sums: dict[tuple[str, str], dict[str, Any]]
) -> dict[str, Any]:
    own, back = sums[ends], sums.get(ends[::-1], {})
    events = {row["tx"]: row for row in of}.values()
    counts = Counter(row["asset"] for row in events)
    first, last = min(row["at"] for row in of), max(row["at"] for row in of)
    apart = ends[0] != ends[1]
    ratios = {name: ratio(own[name], back.get(name, 0)) if apart else None for name in own}
    values = [row["usd"] for row in of]
    usd = None if None in values else sum(values)
    worth = Counter[str]()
    for row in of:
        worth[row["asset"]] += row["usd"] or 0
    size = counts if usd is None else worth
    return {
        "tx_count": len(events),
        "unique_assets": len(own),
        "dominant_asset": min(counts, key=lambda name: (-size[name], name)),
        "amount_usd": None if usd is None else pytest.approx(usd),
        "avg_tx_size_usd": None if usd is None else pytest.approx(usd / len(events)),
        "amounts": [(name, counts[name], own[name], ratios[name]) for name in sorted(own)],
        "first_seen": first,
        "last_seen": last,
        "active_days": max(1, (last - first) // timedelta(days=1)),
        "hourly_pattern": [sum(row["at"].hour == h for row in events) for h in range(24)],
        "weekly_pattern": [sum(row["at"].weekday() == d for row in events) for d in range(7)],
        "reciprocity_ratio": next(iter(ratios.values())) if len({*own, *back}) == 1 else None,
        "is_bidirectional": apart and bool(back),
    }


def ratio(one: int | None, other: int | None) -> float | None:
    if one is None or other is None or max(one, other) == 0:
        return None
    return pytest.approx(min(one, other) / max(one, other))  # type: ignore[no-any-return]


def told(frame: pl.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    found = {}
    for row in frame.to_dicts():
        ends = short([row.pop("source"), row.pop("target")])
        row["dominant_asset"] = short([row["dominant_asset"]])[0]
        row["amounts"] = [
            (short([each["asset"]])[0], each["tx_count"],
             None if each["amount_base"] is None else int(each["amount_base"]),
             each["reciprocity_ratio"])
            for each in row["amounts"]
        ]  # fmt: skip
        found[ends] = row
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("network", ["assets", "priced", "chain"])
@pytest.mark.parametrize(("since", "until"), [(None, None), (FROM, UNTIL)], ids=["whole", "window"])
def test_pairs_equal_plain_python(
    network: str, since: datetime | None, until: datetime | None, written: Graph
) -> None:
    frame = pairs.attributes(written, network, since=since, until=until)
    found, expected = told(frame), expected_pairs(rows(network, since, until))
    assert found.keys() == expected.keys()
    for ends, own in expected.items():
        assert found[ends] == own, ends


def test_pairs_by_hand(written: Graph) -> None:
    found = told(pairs.attributes(written, "hand"))
    assert set(found) == {("a", "b"), ("b", "a"), ("c", "c"), ("a", "d")}
    one = found["a", "b"]
    assert one["amounts"] == [("coin", 2, 5, 0.5), ("gold", 1, 7, 0.0)]
    # Coins worth 4 * 2 and 1 * 3, gold worth 7 * 10; b's coins came on a day without price.
    assert (one["tx_count"], one["dominant_asset"], one["unique_assets"]) == (3, "gold", 2)
    assert (one["amount_usd"], one["avg_tx_size_usd"]) == (81, 27)
    assert (found["b", "a"]["amount_usd"], found["b", "a"]["dominant_asset"]) == (None, "coin")
    assert (one["reciprocity_ratio"], one["is_bidirectional"]) == (None, True)
    assert (one["active_days"], one["first_seen"]) == (2, parse_instant("2024-01-02"))
    # 2 January 2024 is a Tuesday; 3 January 12:00 and 4 January follow.
    assert one["weekly_pattern"] == [0, 1, 1, 1, 0, 0, 0]
    assert one["hourly_pattern"] == [2, *[0] * 11, 1, *[0] * 11]
    assert (found["a", "d"]["reciprocity_ratio"], found["a", "d"]["is_bidirectional"]) == (0, False)
    assert (found["c", "c"]["reciprocity_ratio"], found["c", "c"]["is_bidirectional"]) == (
        None, False,
    )  # fmt: skip


def test_lists_as_text_are_the_lists(written: Graph) -> None:
    frame = pairs.attributes(written, "assets")
    flat = pairs.flat(frame)
    assert not any(kind.is_nested() for kind in flat.dtypes)
    for name in ("amounts", "hourly_pattern", "weekly_pattern"):
        assert [json.loads(text) for text in flat[name]] == frame[name].to_list()


def test_transactions_are_put_together_again(written: Graph) -> None:
    groups: dict[str, list[str]] = defaultdict(list)
    for line in LEDGERS["chain"]:
        groups[line.split("id=")[1].split(":")[0]].append(line)
    frame = utxo.transactions(utxo.parts(written, "chain"))
    assert frame.height == len(groups)
    sides: dict[str, list[int]] = defaultdict(list)
    for row in frame.to_dicts():
        lines = [line.split() for line in groups[row["transaction"]]]
        values = [int(line[2]) for line in lines]
        assert row["total_value"] == sum(values)
        assert row["net_value"] == sum(int(line[2]) for line in lines if "flags=change" not in line)
        assert row["fee"] == 7
        assert row["input_count"] == len({line[0] for line in lines})
        assert row["output_count"] == len({line[5].split(":")[1] for line in lines})
        for account in {end for line in lines for end in line[:2]}:
            sides[account].append(sum(values))
    features = read_features(written, ["utxo"], network="chain")
    own = {short([row[0]])[0]: row[1:] for row in features.iter_rows()}
    assert own == {
        account: (len(values), sum(values), pytest.approx(sum(values) / len(values)))
        for account, values in sides.items()
    }
