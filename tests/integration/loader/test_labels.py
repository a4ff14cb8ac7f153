"""Labels that a source holds: in side files, and nowhere in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

import loader
from ml import labels

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph

MAPPING = """\
network: toy
from: {column: src}
to: {column: dst}
amount: {column: amt, unit: whole, decimals: 2}
asset: {constant: "toy:EUR"}
time: {column: ts, format: epoch_s}
labels:
  - {column: fraud, target: from, positive: ["1"]}
  - {column: victim, target: to, positive: ["yes"]}
  - {column: fraud type, target: edge, positive: [mule]}
"""
# The last two rows agree in all but their labels; "x" is no number of units.
ROWS = """\
src,dst,amt,ts,fraud,victim,fraud type
a,b,1,100,1,no,mule
a,c,2,100,0,yes,other
b,c,0,100,1,yes,mule
c,a,x,100,1,yes,mule
d,a,3,101,0,,
d,b,4,102,0,no,other
d,b,4,102,0,no,mule
"""
TRANS = """\
Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,\
Payment Currency,Payment Format,Is Laundering
2022/09/01 00:20,010,8000EBD30,010,8000EBD30,3697.34,US Dollar,3697.34,US Dollar,Reinvestment,0
2022/09/01 00:20,03208,8000F4580,001,8000F5340,0.01,US Dollar,0.01,US Dollar,Cheque,1
"""


def load(graph: Graph, name: str, folder: Path, **options: object) -> dict[str, dict[str, int]]:
    """Load a folder, and read its side files back by what their names end in."""
    out = folder.parent / "side"
    chosen = loader.LoadOptions(labels_dir=out, dead_letter_dir=folder.parent, **options)  # type: ignore[arg-type]
    report = loader.load(graph, name, [folder], chosen)
    found = {}
    for path, rows in report.labels.items():
        frame = pl.read_csv(path, infer_schema=False)
        assert (frame.height, frame.columns) == (rows, ["id", "label"])
        key = path.rpartition("/")[2].removeprefix(f"labels-{report.batch}-").removesuffix(".csv")
        found[key] = {id_: int(label) for id_, label in frame.rows()}
    with graph.driver.session() as session:
        keys = "MATCH ()-[r]->() UNWIND keys(r) AS k RETURN collect(DISTINCT k) AS k"
        stored = session.run(keys).single(strict=True)["k"]
        nodes = "MATCH (n) UNWIND keys(n) AS k RETURN collect(DISTINCT k) AS k"
        stored += session.run(nodes).single(strict=True)["k"]
    assert {"fraud", "victim", "label", "class", "isFraud", "Is Laundering"}.isdisjoint(stored)
    return found


def test_columns_of_a_mapping(clean_graph: Graph, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "rows.csv").write_text(ROWS)
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING)
    found = load(clean_graph, "csv", source, mapping=mapping, max_rejects=1)
    assert found == {
        # Skipped and rejected rows label nothing; one positive row is enough.
        "fraud-accounts": {"toy:a": 1, "toy:d": 0},
        "victim-accounts": {"toy:b": 0, "toy:c": 1},
        "fraud_type-transfers": {
            "toy:100:a:b:100:0": 1, "toy:100:a:c:200:0": 0,
            "toy:102:d:b:400:0": found["fraud_type-transfers"]["toy:102:d:b:400:0"],
            "toy:102:d:b:400:1": found["fraud_type-transfers"]["toy:102:d:b:400:1"],
        },
    }  # fmt: skip
    pair = [found["fraud_type-transfers"][f"toy:102:d:b:400:{n}"] for n in (0, 1)]
    assert sorted(pair) == [0, 1]
    nodes = pl.DataFrame({"account_id": ["toy:a", "toy:b", "toy:c", "toy:d"], "idx": range(4)})
    path = next((tmp_path / "side").glob("*-fraud-accounts.csv"))
    assert labels.from_file(path, nodes).frame.select("idx", "y").rows() == [(0, 1), (3, 0)]


def test_laundering_of_amlworld(clean_graph: Graph, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "HI-Small_Trans.csv").write_text(TRANS)
    minutes = 27699860
    assert load(clean_graph, "amlworld", source) == {
        "Is_Laundering-transfers": {
            f"amlworld:{minutes}:010|8000EBD30:010|8000EBD30:369734:0": 0,
            f"amlworld:{minutes}:03208|8000F4580:001|8000F5340:1:0": 1,
        }
    }


def test_classes_of_elliptic(clean_graph: Graph, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    rows = [",".join([str(n), str(1 + n % 2), *["0.5"] * 165]) for n in range(1, 5)]
    (source / "elliptic_txs_features.csv").write_text("\n".join([*rows, ""]))
    (source / "elliptic_txs_edgelist.csv").write_text("txId1,txId2\n1,2\n3,4\n")
    (source / "elliptic_txs_classes.csv").write_text("txId,class\n1,1\n2,2\n3,unknown\n4,2\n")
    assert load(clean_graph, "elliptic", source) == {
        "class-accounts": {"elliptic:1": 1, "elliptic:2": 0, "elliptic:4": 0}
    }


def test_fraud_of_amlsim(clean_graph: Graph, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    nodes = "nodeid,isFraud,init_balance,fraudStep\n1,0,10.5,-1\n2,1,3,4\n3,0,0,-1\n"
    (source / "nodes.csv").write_text(nodes)
    (source / "transactions.csv").write_text(
        "sourceNodeId,targetNodeId,value,time\n1,2,5.25,1\n2,2,1.00,3\n"
    )
    assert load(clean_graph, "amlsim", source) == {
        "isFraud-accounts": {"amlsim:1": 0, "amlsim:2": 1, "amlsim:3": 0}
    }
