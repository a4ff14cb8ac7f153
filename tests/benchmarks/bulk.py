"""Bulk load, raw file to queryable, against the bare importer on ready files."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import loader
import loader.bulk as bulk_module
from api.commands.bench import Sides, server_of
from core.server.replacement import import_store, replace_store
from cypher.migrate import migrate
from loader.synthesis.synthetic import Recipe, generate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from core.server import ServerConfig
    from cypher.graph import Graph

    Files = Sequence[tuple[str, Path]]

AGAINST = "bare neo4j-admin import of ready files; server stop and start apart"
GOAL = 0.71
"""At most 1.4 times the time."""

CONTENT = (
    "MATCH ()-[t:TRANSFER]->() RETURN count(t), sum(toInteger(t.amount_base)), sum(t.ts % 997)"
)


def sides(graph: Graph, folder: Path, transfers: int) -> Sides:
    """Both make the same store; the ready files are those that ours has made."""
    recipe = Recipe(network="bench", accounts=transfers // 5, transfers=transfers)
    made = generate(folder / "bulk", recipe)
    options = loader.LoadOptions(mapping=made.mapping, mode="bulk", replace=True)
    server = server_of(folder)
    ready: list[Files] = []
    apart: dict[str, float] = {}

    def content() -> object:
        # The first touch finds the connections to the stopped server dead, and is tried again.
        graph.read("exports/export_counts")
        with graph.driver.session() as session:
            return session.run(CONTENT).values()

    def ours() -> object:
        with _kept(folder / "ready", ready):
            report = loader.load(graph, "csv", [made.transfers_file], options, server=server)
        apart.update(stop=report.phases["stop"], start=report.phases["start"])
        return content()

    def theirs() -> object:
        nodes, edges = ready
        done = replace_store(
            server, lambda: import_store(server, nodes, edges), lambda _: migrate(graph)
        )
        apart.update(stop=done.stop_seconds, start=done.start_seconds)
        return content()

    return Sides(ours, theirs, lambda: None, lambda: dict(apart))


@contextmanager
def _kept(folder: Path, ready: list[Files]) -> Iterator[None]:
    """Keep the files of the first load under names of their own."""

    def keep(files: Files) -> Files:
        kept = []
        for name, path in files:
            target = folder / path.name
            target.hardlink_to(path)
            kept.append((name, target))
        return kept

    def importing(server: ServerConfig, nodes: Files, transfers: Files) -> str:
        if not ready:
            folder.mkdir()
            ready.extend((keep(nodes), keep(transfers)))
        return import_store(server, nodes, transfers)

    bulk_module.import_store = importing  # type: ignore[attr-defined]
    try:
        yield
    finally:
        bulk_module.import_store = import_store  # type: ignore[attr-defined]
