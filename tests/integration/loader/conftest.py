"""Small ledgers written on the spot, and loads of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import loader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cypher.graph import Graph

MAPPING = """\
network: toy
from: {column: src}
to: {column: dst}
amount: {column: amt, unit: whole, decimals: 2}
asset: {constant: "toy:EUR"}
time: {column: ts, format: epoch_s}
ledger: {column: block}
order: [place]
id: {columns: [tx]}
"""
HEADER = "tx,block,place,src,dst,amt,ts"


@pytest.fixture
def load_rows(clean_graph: Graph, tmp_path: Path) -> Callable[..., loader.LoadReport]:
    """Load rows of the small table as one file; keywords are options of the load."""
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING)
    count = 0

    def load(*files: Sequence[str], **options: object) -> loader.LoadReport:
        nonlocal count
        paths = []
        for rows in files:
            count += 1
            path = tmp_path / f"rows_{count}.csv"
            path.write_text("\n".join([HEADER, *rows]) + "\n")
            paths.append(path)
        chosen = {"mapping": mapping, "dead_letter_dir": tmp_path / "rejected", **options}
        return loader.load(clean_graph, "csv", paths, loader.LoadOptions(**chosen))  # type: ignore[arg-type]

    return load
