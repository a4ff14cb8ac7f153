"""One load from its paths to its report: read and stage everything, then write batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.report import LoadOptions, LoadReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cypher.graph import Graph
    from loader.report import LoadProgress


def load(
    graph: Graph,
    format_name: str,
    paths: Sequence[Path],
    options: LoadOptions | None = None,
    progress: Callable[[LoadProgress], None] | None = None,
) -> LoadReport:
    """Load the records of `paths` into the graph; what is there already is not loaded again.

    Args:
        graph: a migrated database.
        format_name: a file of `loader/formats`.
        paths: files, archives or folders.
        options: the choices of this load.
        progress: called often, with cheap facts.

    Raises:
        UnknownNameError: there is no such format.
        InputError: a path, file, header or mapping is not usable; nothing was written.
        RejectedRowsError: more rows rejected than allowed; whole batches may have been written.
    """
    raise NotImplementedError
