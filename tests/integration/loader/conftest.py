"""Small ledgers written on the spot, and loads of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import loader
from core.server import ServerConfig, default_cache, down, up
from cypher.graph import Graph
from cypher.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerConfig]:
    """An embedded server for tests that stop, kill or replace it."""
    cache = Path(os.environ.get("LEDGERGRAPH_CACHE") or default_cache())
    home = tmp_path_factory.mktemp("own") / "home"
    config = ServerConfig(home, cache, bolt_port=0, http_port=0, heap="1g", quiet=True)
    try:
        yield config
    finally:
        down(config)


@pytest.fixture(scope="session")
def server(config: ServerConfig) -> Iterator[Graph]:
    """A connection to the running embedded server of `config`."""
    now = up(config)
    password = now.password_file.read_text(encoding="utf-8").strip()
    with Graph.connect(now.uri, now.user, password) as graph:
        migrate(graph)
        yield graph
