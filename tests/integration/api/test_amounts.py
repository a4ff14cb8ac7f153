"""Amounts that no float and no 64-bit integer holds, from a file through the graph to GraphQL."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl
import pytest

import loader
from loader.report import LoadOptions
from tests.integration.api.conftest import serve

if TYPE_CHECKING:
    from pathlib import Path

    from api.app import AppConfig
    from cypher.graph import Graph

pytestmark = pytest.mark.anyio

BASES = [
    1, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 + 1, 2**128 - 1,
    2**256 - 1, 10**18, 10**18 + 1, 123_456_789_012_345_678_901_234_567, 999_999_999_999_999_999,
]  # fmt: skip
MAPPING = """\
network: {network}
format: {kind}
from: {{column: src}}
to: {{column: dst}}
amount: {{column: amt, unit: {unit}, decimals: 18}}
asset: {{constant: "{network}:COIN"}}
time: {{column: ts, format: epoch_s}}
id: {{columns: [tx]}}
"""
QUERY = """
query ($id: ID!) {
  account(id: $id) {
    transfers(direction: OUT, newestFirst: false, first: 100) {
      edges { node { id amountBase amount } }
    }
  }
}
"""


def whole(base: int) -> str:
    """Whole units with 18 decimals, every digit written."""
    with localcontext(prec=100):
        return f"{Decimal(base).scaleb(-18):f}"


def scientific(base: int) -> str:
    with localcontext(prec=100):
        return f"{Decimal(base).scaleb(-18):E}"


def write(folder: Path, name: str, texts: list[str], kind: str) -> Path:
    rows = [
        {"src": "a", "dst": f"b{n}", "amt": text, "ts": str(1_600_000_000 + n), "tx": f"t{n}"}
        for n, text in enumerate(texts)
    ]
    path = folder / f"{name}.{kind}"
    if kind == "parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif kind == "jsonl":
        # Bare numbers, as nodes write them: no reader may turn them into floats.
        lines = [json.dumps(row).replace(f'"{row["amt"]}"', row["amt"]) for row in rows]
        path.write_text("\n".join(lines) + "\n")
    else:
        path.write_text("\n".join([",".join(rows[0]), *(",".join(r.values()) for r in rows), ""]))
    return path


async def test_amounts_come_out_as_they_went_in(
    clean_graph: Graph, config: AppConfig, tmp_path: Path
) -> None:
    ways = {
        "whole": ([whole(base) for base in BASES], "whole", "csv"),
        "scientific": ([scientific(base) for base in BASES], "whole", "csv"),
        "base": ([str(base) for base in BASES], "base", "csv"),
        "hex": ([hex(base) for base in BASES], "hex_base", "csv"),
        "numbers": ([str(base) for base in BASES], "base", "jsonl"),
        "fractions": ([whole(base) for base in BASES], "whole", "jsonl"),
        "typed": ([str(base) for base in BASES], "base", "parquet"),
    }
    for network, (texts, unit, kind) in ways.items():
        mapping = tmp_path / f"{network}.yaml"
        mapping.write_text(MAPPING.format(network=network, kind=kind, unit=unit))
        path = write(tmp_path, network, texts, kind)
        form = "parquet" if kind == "parquet" else "csv"
        report = loader.load(clean_graph, form, [path], LoadOptions(mapping=mapping))
        assert (report.loaded, report.warnings.get("amount_inexact", 0)) == (len(BASES), 0), network
    async with serve(clean_graph, config) as client:
        for network in ways:
            page = (await client.data(QUERY, {"id": f"{network}:a"}))["account"]["transfers"]
            found = [edge["node"] for edge in page["edges"]]
            assert [node["amountBase"] for node in found] == [str(base) for base in BASES], network
            # The float beside it is the nearest there is.
            nearest = [float(Fraction(base, 10**18)) for base in BASES]
            assert [node["amount"] for node in found] == nearest, network
    with clean_graph.driver.session() as session:
        stored = session.run("MATCH ()-[r:TRANSFER]->() RETURN r.amount_base").values()
    assert sorted(int(amount) for (amount,) in stored) == sorted(BASES * len(ways))
