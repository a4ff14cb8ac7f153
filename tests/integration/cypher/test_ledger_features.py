"""Families memo and labels against plain Python on one random ledger, whole and windowed."""

from __future__ import annotations

import base64
from collections import defaultdict
from random import Random
from statistics import mean
from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest

from core.times import parse_instant
from cypher.families import labels
from cypher.features import read_features
from tests.integration.gds_jobs.ledgers import moment, short, write_ledger, write_tags

if TYPE_CHECKING:
    from datetime import datetime

    from cypher.graph import Graph

TAGS: dict[str, dict[str, str]] = {
    "a3": {"category": "mixer"},
    "a7": {"category": "mixer", "known_from": "2024-01-15"},
    "a5": {"category": "exchange"},
    "a0": {"category": "exchange", "known_from": "2024-01-15"},
    "a9": {"category": "scam"},
}
INFRA = "a11"
SCOPES = [
    {},
    {"since": parse_instant("2024-01-03"), "until": parse_instant("2024-01-11")},
]


def memo(chance: Random) -> str:
    """One of every type, well-formed or not, or none."""
    raw = chance.randbytes(chance.choice([32, 31, 33]))
    number = chance.choice([0, 1, 17, 2**64 - 1, 2**64, 2**65]) - chance.choice([0, 0, 1])
    hashed = base64.b64encode(raw).decode()
    text = "m" * chance.randrange(29)
    told = [f"text:{text}", f"id:{number}", f"hash:{hashed}", f"return:{raw.hex()}"]
    return chance.choice(["", "", *told])


def lines() -> list[str]:
    """Transactions of one to four transfers, some of the payer to itself, and fees of some."""
    chance = Random(5)  # noqa: S311 - the same ledger each time
    written = []
    for number in range(1, 151):
        told = memo(chance)
        tail = f"{2 * number}h tx=x{number}" + (f" memo={told}" if told else "")
        payer = f"a{int(30 * chance.random() ** 2)}"
        written += [
            f"{payer} a{chance.randrange(30)} {chance.randrange(1, 99)} {tail}"
            for _ in range(chance.randrange(1, 5))
        ]
        if chance.random() < 0.5:
            written.append(f"{payer} fees 100 {2 * number}h kind=fee tx=x{number}")
    return written


Row = dict[str, Any]


def rows(since: datetime | None = None, until: datetime | None = None) -> list[Row]:
    found = []
    for line in lines():
        source, target, amount, time, *rest = line.split()
        at, told = moment(time), dict(part.split("=", 1) for part in rest)
        if (since is None or at >= since) and (until is None or at < until):
            found.append({"source": source, "target": target, "amount": float(amount), **told})
    return found


def well_formed(kind: str, text: str) -> bool:
    if kind == "id":
        return text.isdigit() and int(text) < 2**64
    if kind == "hash":
        return len(base64.b64decode(text)) == 32
    return kind != "return" or len(bytes.fromhex(text)) == 32


def memos(found: list[Row]) -> dict[str, Row]:
    seen: dict[str, dict[str, str]] = defaultdict(dict)
    fees: dict[str, int] = defaultdict(int)
    for row in found:
        if row.get("kind") == "fee":
            fees[row["source"]] += int(row["amount"])
        else:
            for end in ("source", "target"):
                seen[row[end]][row["tx"]] = row.get("memo", "none:")
    expected = {}
    for account, of in seen.items():
        parts = [text.partition(":") for text in of.values()]
        lengths = [len(text) for kind, _, text in parts if kind == "text"]
        counts = {
            f"memo_{name}_count": sum(kind == name for kind, _, _ in parts)
            for name in ("none", "text", "id", "hash", "return")
        }
        expected[account] = {
            **counts,
            "memo_malformed_count": sum(not well_formed(kind, text) for kind, _, text in parts),
            "memo_length_total": sum(lengths),
            "memo_length_mean": mean(lengths) if lengths else None,
            "fees_paid_base": fees.get(account),
        }
    return expected


def nearness(found: list[Row], until: datetime | None) -> dict[str, Row]:
    moved = [row for row in found if row.get("kind") != "fee"]
    graph = nx.Graph([(row["source"], row["target"]) for row in moved])
    graph.remove_edges_from(nx.selfloop_edges(graph))
    stops = {node for node, degree in graph.degree if degree > labels.HUB_DEGREE} | {INFRA}
    known = {
        category: {
            name
            for name, tag in TAGS.items()
            if tag["category"] == category
            and (until is None or parse_instant(tag.get("known_from", "1970-01-01")) <= until)
        }
        for category in ("mixer", "exchange")
    }
    expected = {}
    for account in graph:
        ways = []
        for mixer in known["mixer"] & set(graph):
            kept = graph.subgraph(set(graph) - stops | {account, mixer})
            if nx.has_path(kept, account, mixer):
                ways.append(nx.shortest_path_length(kept, account, mixer))
        sides = [(r["amount"], r["target"]) for r in moved if r["source"] == account]
        sides += [(r["amount"], r["source"]) for r in moved if r["target"] == account]
        traded = sum(amount for amount, other in sides if other in known["exchange"])
        expected[account] = {
            "mixer_proximity_hops": min(ways) if ways else None,
            "exchange_affinity": traded / sum(amount for amount, _ in sides),
        }
    return expected


@pytest.fixture(scope="module")
def written(graph: Graph, wiped: None) -> Graph:  # noqa: ARG001 - it empties the graph
    write_ledger(graph, lines(), accounts={INFRA: {"is_infra": True}, "fees": {"kind": "pseudo"}})
    write_tags(graph, TAGS)
    return graph


@pytest.mark.parametrize("scope", SCOPES, ids=["whole", "window"])
@pytest.mark.parametrize("family", ["memo", "labels"])
def test_equal_plain_python(
    family: str, scope: Row, written: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "HUB_DEGREE", 9)
    found = rows(**scope)
    expected = memos(found) if family == "memo" else nearness(found, scope.get("until"))
    expected[INFRA] = dict.fromkeys(expected[INFRA])
    frame = read_features(written, [family], **scope)
    own = {short([row.pop("account")])[0]: row for row in frame.to_dicts()}
    assert own.keys() == expected.keys()
    for account, values in expected.items():
        assert own[account] == pytest.approx(values), account


def test_labels_are_in_no_default(written: Graph) -> None:
    assert not {"mixer_proximity_hops", "exchange_affinity"} & set(read_features(written).columns)
