"""Brings a database to the present schema: numbered files, each applied once and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cypher import catalog

if TYPE_CHECKING:
    from cypher.graph import Graph


def migrate(graph: Graph) -> list[str]:
    """Apply the migrations that are missing, in the order of their numbers.

    Statements are written so that a migration cut short can be applied again.

    Returns:
        The names of those applied now.
    """
    applied = set(graph.read("lookups/migrations_applied")["name"])
    missing = [name for name in catalog.names("migrations") if name not in applied]
    for name in missing:
        graph.apply(f"migrations/{name}")
        graph.write("writes/migration_record", name=name)
    if missing:
        graph.read("lookups/await_indexes")
    return missing
