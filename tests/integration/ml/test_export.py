"""Exports from a real database: what is in them, what must not be, and the way on to scores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from core.errors import NotFoundError, ParameterError, StateError
from core.schema import SCORES
from ml import artifact, extract, subgraph
from ml.contract import TrainOptions
from ml.score import provenance, score
from ml.subgraph import FILES, SnapshotSpec, export
from ml.train import train

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph

T0 = datetime(2024, 1, 1, tzinfo=UTC)
CUT = T0 + timedelta(hours=300)
ACCOUNTS = 120

_CREATE = """
UNWIND range(0, size($source) - 1) AS i
MERGE (a:Account {id: 'test:a' + $source[i]})
  ON CREATE SET a.network = 'test', a.address = 'a' + $source[i], a.kind = 'account'
MERGE (b:Account {id: 'test:a' + $target[i]})
  ON CREATE SET b.network = 'test', b.address = 'a' + $target[i], b.kind = 'account'
CREATE (a)-[:TRANSFER {id: 'test:' + $ledger[i] + ':' + $name[i], asset: 'test:EUR',
  amount_base: toString($cents[i]), amount: $cents[i] / 100.0, ledger: $ledger[i], ord: i,
  ts: $ts[i], timestamp: datetime({epochMillis: $ts[i]}), kind: 'edge'}]->(b)
"""


def _load(graph: Graph, *, first: int, last: int, count: int, seed: int, accounts: int) -> None:
    """Transfers in the hours [first, last); one ledger an hour."""
    random = np.random.default_rng(seed)
    hour = np.sort(random.integers(first, last, count))
    source = random.integers(0, accounts, count)
    columns = {
        "source": [f"{i:03d}" for i in source],
        "target": [f"{i:03d}" for i in (source + random.integers(0, accounts, count)) % accounts],
        "ledger": hour.tolist(),
        "ts": (hour * 3_600_000 + int(T0.timestamp()) * 1000).tolist(),
        "cents": random.integers(1, 10**6, count).tolist(),
        "name": [f"{seed}-{i}" for i in range(count)],
    }
    with graph.driver.session() as session:
        session.run(_CREATE, columns).consume()


@pytest.fixture
def ledger(clean_graph: Graph) -> Graph:
    with clean_graph.driver.session() as session:
        session.run(
            "CREATE (:Asset {id: 'test:EUR', network: 'test', decimals: 2}), "
            "(:Checkpoint {network: 'test', ledger: 299})"
        ).consume()
    _load(clean_graph, first=0, last=300, count=1500, seed=1, accounts=ACCOUNTS)
    return clean_graph


def _bytes(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


ASSETS = """
MERGE (:Asset {id: 'test:XLM', network: 'test', symbol: 'XLM', asset_class: 'native'})
MERGE (:Asset {id: 'test:USDC:G1', network: 'test', symbol: 'USDC', issuer: 'G1'})
MERGE (:Asset {id: 'test:0xaa', network: 'test', symbol: 'USDC', contract: '0xaa'})
WITH 1 AS once
MATCH ()-[t:TRANSFER]->()
SET t.asset = 'test:' + ['XLM', 'USDC:G1', '0xaa', 'lost'][t.ord % 4]
"""


@pytest.mark.parametrize(
    ("trusted", "types"), [((), [0, 2, 2, None]), (("0xAA", "G2"), [0, 2, 1, None])]
)
def test_an_edge_has_the_type_of_its_asset(
    trusted: tuple[str, ...], types: list[int | None], ledger: Graph, tmp_path: Path
) -> None:
    with ledger.driver.session() as session:
        session.run(ASSETS).consume()
    export(ledger, tmp_path / "out", SnapshotSpec(network="test", trusted_issuers=trusted))
    edges = subgraph.read(tmp_path / "out").edges
    assert edges["asset_type"].dtype == pl.Int8
    assert edges["asset_type"].to_list() == [types[place % 4] for place in edges["ord"]]


def test_holds_every_transfer_once_in_order(
    ledger: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small pages, some smaller than a ledger: cuts fall between ledgers all the same.
    monkeypatch.setattr(extract, "TRANSFERS_A_PAGE", 4)
    monkeypatch.setattr(extract, "ACCOUNTS_A_PAGE", 7)
    seen: list[tuple[int, int]] = []
    report = export(
        ledger, tmp_path / "out", SnapshotSpec(), progress=lambda *done: seen.append(done)
    )
    data = subgraph.read(tmp_path / "out")
    with ledger.driver.session() as session:
        rows = session.run(
            "MATCH (a)-[t:TRANSFER]->(b) RETURN a.id, b.id, t.ts, t.amount_base, t.id "
            "ORDER BY t.ledger, t.ord, t.id"
        ).values()
    names = data.nodes["account_id"]
    found = data.edges.with_columns(names.gather(data.edges[c]).alias(c) for c in ("src", "dst"))
    assert found.select("src", "dst", "ts", "amount_base", "id").rows() == [tuple(r) for r in rows]
    assert (report.nodes, report.edges) == (ACCOUNTS, 1500)
    assert names.is_sorted()
    assert seen[-1] == (1500, 1500)
    monkeypatch.undo()
    assert export(ledger, tmp_path / "again", SnapshotSpec()).sha256 == report.sha256


def test_what_lacks_a_property_or_is_a_fee(ledger: Graph, tmp_path: Path) -> None:
    wide = SnapshotSpec(network="test", start=T0)  # a window reads by another query
    with ledger.driver.session() as session:
        session.run(
            "MATCH ()-[t:TRANSFER]->() WHERE t.ledger = 7 WITH collect(t) AS found "
            "UNWIND found[1..] AS t SET t.amount = null, t.amount_base = null "
            "WITH DISTINCT found[0] AS t SET t.kind = 'fee'"
        ).consume()
        left = session.run("MATCH ()-[t:TRANSFER {ledger: 7}]->() RETURN count(t) - 1").single()
    export(ledger, tmp_path / "whole", SnapshotSpec(network="test"))
    export(ledger, tmp_path / "window", wide)
    whole, window = (subgraph.read(tmp_path / name).edges for name in ("whole", "window"))
    assert whole.equals(window)
    assert left is not None
    assert (whole.height, whole["amount"].null_count()) == (1499, left[0])
    assert whole.filter(pl.col("amount").is_null())["amount_base"].to_list() == [""] * left[0]
    # A second network, whose transfers must not come along.
    with ledger.driver.session() as session:
        session.run(_CREATE.replace("test:", "other:").replace("'test'", "'other'"), source=["1"],
                    target=["2"], ledger=[7], ts=[int(T0.timestamp()) * 1000], cents=[5],
                    name=["x"]).consume()  # fmt: skip
    export(ledger, tmp_path / "beside", SnapshotSpec(network="test"))
    assert whole.equals(subgraph.read(tmp_path / "beside").edges)


def test_later_transfers_change_no_byte(ledger: Graph, tmp_path: Path) -> None:
    spec = SnapshotSpec(network="test", as_of=CUT)
    export(ledger, tmp_path / "before", spec)
    # Later transfers, also of accounts that were not there, and a second, later asset.
    _load(ledger, first=300, last=500, count=700, seed=2, accounts=ACCOUNTS + 40)
    report = export(ledger, tmp_path / "after", spec)
    assert _bytes(tmp_path / "before") == _bytes(tmp_path / "after")
    with ledger.driver.session() as session:
        session.run(
            "MATCH ()-[t:TRANSFER]->() WHERE t.ledger >= 300 AND t.ord % 2 = 0 DELETE t"
        ).consume()
    assert export(ledger, tmp_path / "deleted", spec).sha256 == report.sha256
    assert subgraph.read(tmp_path / "after").edges["ledger"].max() == 299


def test_windows_are_half_open_and_share_no_transfer(ledger: Graph, tmp_path: Path) -> None:
    day = timedelta(days=1)
    one = SnapshotSpec.last(day, T0 + 5 * day, "test")
    two = SnapshotSpec.last(day, T0 + 6 * day, "test")
    export(ledger, tmp_path / "one", one)
    export(ledger, tmp_path / "two", two)
    first, second = (subgraph.read(tmp_path / name).edges["ledger"] for name in ("one", "two"))
    assert (first.min(), first.max()) == (96, 119)
    assert (second.min(), second.max()) == (120, 143)


def test_features_from_the_database_equal_a_count_of_the_edges(
    ledger: Graph, tmp_path: Path
) -> None:
    export(ledger, tmp_path / "out", SnapshotSpec(network="test"))
    data = subgraph.read(tmp_path / "out")
    counted = data.edges.group_by("dst").agg(
        pl.col("src").n_unique().cast(pl.Float32).alias("senders"),
        pl.col("amount").sum().cast(pl.Float32).alias("received"),
    )
    joined = data.nodes.join(counted, left_on="idx", right_on="dst")
    assert joined["in_degree"].equals(joined["senders"], check_names=False)
    assert joined["total_input_amount"].to_numpy() == pytest.approx(joined["received"].to_numpy())
    assert not [name for name in data.features if name.endswith("_ts")]


def test_from_the_database_to_scores(ledger: Graph, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    rows = [f"a{i:03d},{int(i % 3 == 0)}" for i in range(ACCOUNTS)]
    labels.write_text("\n".join(["id,label", *rows, "nobody,1"]), encoding="utf-8")
    families = ("activity", "memo", "utxo")
    spec = SnapshotSpec(network="test", as_of=CUT, labels=labels, families=families)
    report = export(ledger, tmp_path / "out", spec)
    assert (report.labels, report.unmatched_labels) == (ACCOUNTS, 1)
    run = train("graphsage", tmp_path / "out", tmp_path / "runs", TrainOptions(epochs=3, hidden=8))
    frame = score(run.artifact, tmp_path / "out")
    where = provenance(run.artifact, tmp_path / "out")
    assert frame.schema == SCORES
    assert frame.height == ACCOUNTS
    assert (where.run, where.network, where.export_id) == (run.run, "test", report.sha256)
    assert where.data_cutoff == CUT.isoformat()
    kept = artifact.load(run.artifact)
    assert kept.families == families
    # The ledger has neither memos nor outputs.
    assert not [name for name in kept.scaler.names if name.startswith(("memo", "utxo", "fees"))]
    with ledger.driver.session() as session:
        written = session.run("MATCH (n:ScoreRun) RETURN count(n)").single(strict=True)[0]
    assert written == 0


def test_tags_are_labels_that_were_known_at_the_cut_off(ledger: Graph, tmp_path: Path) -> None:
    with ledger.driver.session() as session:
        session.run(
            "UNWIND [['a000', 'scam', 10], ['a001', 'exchange', 10], ['a002', 'scam', 400]] AS r "
            "MATCH (a:Account {id: 'test:' + r[0]}) "
            "CREATE (a)-[:HAS_TAG]->(:Tag {id: r[0], category: r[1], source: 's', "
            "confidence: 0.5, known_from: $t0 + r[2] * 3600000})",
            t0=int(T0.timestamp()) * 1000,
        ).consume()
    export(ledger, tmp_path / "cut", SnapshotSpec(network="test", as_of=CUT))
    export(ledger, tmp_path / "open", SnapshotSpec(network="test"))
    found = {name: subgraph.read(tmp_path / name).labels for name in ("cut", "open")}
    assert found["cut"].select("idx", "y").rows() == [(0, 1), (1, 0)]
    assert found["open"].select("idx", "y").rows() == [(0, 1), (1, 0), (2, 1)]


def test_what_cannot_be_exported_is_refused(ledger: Graph, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="test"):
        export(ledger, tmp_path / "out", SnapshotSpec(network="other"))
    with pytest.raises(StateError, match="no transfer"):
        export(ledger, tmp_path / "out", SnapshotSpec(network="test", as_of=T0 - timedelta(days=1)))
    with pytest.raises(ParameterError, match="is not before"):
        export(ledger, tmp_path / "out", SnapshotSpec(start=CUT, as_of=T0))
    assert not (tmp_path / "out").exists()
