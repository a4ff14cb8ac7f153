"""Tags in the database: matched, missing, repeated, renewed, and what they do to accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import FormatError
from loader.hash import graph_hash
from loader.label_pack import Defaults, TagOptions
from loader.tagging import tag

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import loader
    from cypher.graph import Graph

    Load = Callable[..., loader.LoadReport]

CSV = "address,network,label,category,confidence,source,known_from"
FULL = """
MATCH (a:Account)-[:HAS_TAG]->(t:Tag)
RETURN a.id AS account, properties(t) AS tag, a.is_infra AS infra, a.kind AS kind
ORDER BY account, tag.label
"""


def rows(graph: Graph, query: str) -> list[dict[str, object]]:
    with graph.driver.session() as session:
        return [dict(record) for record in session.run(query)]


@pytest.fixture
def accounts(load_rows: Load, clean_graph: Graph) -> Graph:
    """Accounts A and B of the network toy."""
    load_rows(["t1,1,0,A,B,1.00,1600000000"])
    return clean_graph


def pack(folder: Path, name: str, *lines: str) -> Path:
    file = folder / name
    file.write_text("\n".join([CSV, *lines]) + "\n")
    return file


def test_a_tag_has_every_property_and_hangs_on_its_account(accounts: Graph, tmp_path: Path) -> None:
    file = pack(
        tmp_path,
        "p.csv",
        "A,toy,Desk,exchange,0.75,me,2024-01-31",
        "Z,toy,Nobody,scam,,me,2024-01-31",
        "a,toy,lower,scam,,me,2024-01-31",
    )
    report = tag(accounts, "csv", [file], TagOptions(defaults=Defaults(risk_level="low")))
    assert (report.read, report.matched, report.unmatched) == (3, 1, {"no_account": 2})
    (found,) = rows(accounts, FULL)
    tagged = dict(found["tag"])  # type: ignore[call-overload]
    assert found["account"] == "toy:A"
    assert len(tagged.pop("id")) == 32
    assert str(tagged.pop("known_from")) == "2024-01-31T00:00:00.000000000+00:00"
    assert tagged == {
        "network": "toy",
        "label": "Desk",
        "category": "exchange",
        "risk_level": "low",
        "trust_level": "unverified",
        "confidence": 0.75,
        "source": "me",
    }


def test_tagging_twice_changes_nothing(accounts: Graph, tmp_path: Path) -> None:
    file = pack(tmp_path, "p.csv", "A,toy,Desk,exchange,0.75,me,2024-01-31")
    first = tag(accounts, "csv", [file])
    before = graph_hash(accounts)
    second = tag(accounts, "csv", [file])
    assert (first.tags, second.tags, second.matched) == (1, 0, 1)
    assert graph_hash(accounts) == before


def test_a_newer_file_renews_a_tag_that_stays_known_since_its_first_day(
    accounts: Graph, tmp_path: Path
) -> None:
    for day, category in (("2022-01-01", "scam"), ("2024-01-01", "mixer")):
        file = pack(tmp_path, "p.csv", f"A,toy,Desk,{category},,me,{day}")
        tag(accounts, "csv", [file])
    (found,) = rows(accounts, "MATCH (t:Tag) RETURN t.category AS c, toString(t.known_from) AS k")
    assert found == {"c": "mixer", "k": "2022-01-01T00:00:00Z"}


def test_missing_accounts_are_made_on_request_and_a_load_finds_them(
    accounts: Graph, load_rows: Load, tmp_path: Path
) -> None:
    file = pack(
        tmp_path, "p.csv", "C,toy,New,scam,,me,2024-01-01", "C1,other,X,scam,,me,2024-01-01"
    )
    report = tag(accounts, "csv", [file], TagOptions(create_missing=True))
    assert (report.matched, report.accounts, report.unmatched) == (2, 2, {})
    counted = rows(
        accounts, "MATCH (c:Checkpoint) RETURN c.network AS n, c.accounts AS a ORDER BY n"
    )
    assert counted == [{"n": "other", "a": 1}, {"n": "toy", "a": 3}]
    loaded = load_rows(["t2,2,0,B,C,1.00,1600000001"])
    assert (loaded.transfers, loaded.accounts) == (1, 0)
    (found,) = rows(
        accounts, "MATCH (a:Account {id: 'toy:C'}) RETURN a.kind AS k, a.first_seen AS s"
    )
    assert found == {"k": "account", "s": 1_600_000_001_000}


def test_infrastructure_is_copied_onto_the_account_and_goes_with_its_tag(
    accounts: Graph, tmp_path: Path
) -> None:
    file = tmp_path / "infra.csv"
    file.write_text("address,reason,source\nA,exchange,me\n")
    report = tag(accounts, "infrastructure", [file], TagOptions(network="toy"))
    assert report.infrastructure == 1
    infra = "MATCH (a:Account) RETURN a.address AS a, a.is_infra AS i ORDER BY a"
    assert rows(accounts, infra) == [{"a": "A", "i": True}, {"a": "B", "i": None}]
    again = pack(tmp_path, "p.csv", "A,toy,exchange,exchange,,me,2024-01-01")
    tag(accounts, "csv", [again])
    assert rows(accounts, infra) == [{"a": "A", "i": None}, {"a": "B", "i": None}]


def test_conflicting_categories_are_reported_and_the_surest_is_shown(
    accounts: Graph, tmp_path: Path
) -> None:
    file = pack(
        tmp_path,
        "p.csv",
        "A,toy,One,scam,0.2,me,2024-01-01",
        "A,toy,Two,exchange,0.9,me,2024-01-01",
        "B,toy,Three,scam,0.2,me,2024-01-01",
        "B,toy,Four,unknown,0.9,me,2024-01-01",
    )
    report = tag(accounts, "csv", [file])
    assert report.conflicts.select("account", "shown").rows() == [("toy:A", "exchange")]
    assert sorted(report.conflicts["categories"][0]) == ["exchange", "scam"]


def test_a_bad_file_among_good_ones_writes_nothing(accounts: Graph, tmp_path: Path) -> None:
    good = pack(tmp_path, "a.csv", "A,toy,One,scam,0.2,me,2024-01-01")
    bad = pack(tmp_path, "b.csv", "A,toy,Two,scam,high,me,2024-01-01")
    with pytest.raises(FormatError, match=r"b\.csv.*line 2"):
        tag(accounts, "csv", [good, bad])
    assert rows(accounts, FULL) == []


def test_every_batch_is_written(accounts: Graph, tmp_path: Path) -> None:
    lines = [f"{'AB'[n % 2]},toy,Label {n},scam,,me,2024-01-01" for n in range(25)]
    done: list[tuple[int, int | None]] = []
    report = tag(
        accounts,
        "csv",
        [pack(tmp_path, "p.csv", *lines)],
        TagOptions(batch_rows=10),
        lambda *step: done.append(step),
    )
    assert (report.matched, report.tags, done) == (25, 25, [(10, 25), (20, 25), (25, 25)])


def test_a_contract_is_known_by_its_label(clean_graph: Graph, tmp_path: Path) -> None:
    file = tmp_path / "phishing.csv"
    file.write_text(
        "address,etherscan_tag,etherscan_labels,is_contract\n"
        f"0x{'A' * 40},One,phish-hack,True\n0x{'b' * 40},Two,phish-hack,False\n"
    )
    plain = tmp_path / "plain.txt"
    plain.write_text(f"0x{'a' * 40}\n")
    tag(clean_graph, "lines", [plain], TagOptions(create_missing=True))
    tag(clean_graph, "forta", [file], TagOptions(create_missing=True))
    kinds = rows(clean_graph, "MATCH (a:Account) RETURN a.id AS id, a.kind AS kind ORDER BY id")
    assert kinds == [
        {"id": f"ethereum:0x{'a' * 40}", "kind": "contract"},
        {"id": f"ethereum:0x{'b' * 40}", "kind": "account"},
    ]


def test_real_packs_find_the_phishing_accounts_and_nobody_else(
    clean_graph: Graph, shared_data: Path
) -> None:
    phishing = shared_data / "ethereum" / "phishing-address.txt"
    tag(clean_graph, "lines", [phishing], TagOptions(create_missing=True))
    report = tag(clean_graph, "forta", [shared_data / "labels" / "forta"])
    known = {line.strip().lower() for line in phishing.read_text().split()}
    said = rows(
        clean_graph, "MATCH (a)-[:HAS_TAG]->(t) WHERE t.category = 'scam' RETURN a.id AS id"
    )
    assert {str(row["id"]).partition(":")[2] for row in said} <= known
    assert report.read == 7_780 + 6_726 + 2 * 753 == report.matched + report.unmatched["no_account"]
    assert report.matched > 1_000
