"""Motifs: what there are, and where they occur."""

from datetime import datetime
from functools import partial
from typing import Any, cast

import polars as pl
import strawberry
from strawberry.scalars import JSON

from api.context import Info
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.motif import Motif, MotifHit, MotifParameter
from api.types.page import DEFAULT_PAGE
from api.types.scalars import finite
from core.errors import UsageError
from core.schema import MOTIF_COLUMNS
from cypher import motifs


@strawberry.type
class MotifQueries:
    """Root fields on motifs."""

    @strawberry.field(
        description="Every motif, with its parameters.", extensions=[RequireScope(Scope.READ)]
    )
    async def motifs(self) -> list[Motif]:
        """The motifs, by name."""
        return [_motif(name) for name in motifs.names()]

    @strawberry.field(
        description="Where a motif occurs. `parameters` is an object by parameter name; values "
        "are JSON values or their text.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def motif(
        self, info: Info, name: str, parameters: JSON | None = None, limit: int = DEFAULT_PAGE
    ) -> list[MotifHit]:
        """The first hits of a motif, in its own order."""
        size = info.context.page_size(limit)
        given: object = {} if parameters is None else parameters
        if not isinstance(given, dict):
            raise UsageError("'parameters' is an object.", 'Write {"since": "2024-01-01"}.')
        backend = info.context.backend
        graph = backend.reading_graph
        frame = await backend.in_thread(partial(motifs.match, graph, name, given, size))
        return [_hit(row) for row in frame.iter_rows(named=True)]


def _motif(name: str) -> Motif:
    query = motifs.describe(name)
    parameters = [
        MotifParameter(name=p.name, type=p.type, required=p.required, default=p.default)
        for p in query.parameters
    ]
    return Motif(name=name, summary=query.summary, parameters=parameters)


def _hit(row: dict[str, Any]) -> MotifHit:
    extra = {name: _plain(value) for name, value in row.items() if name not in MOTIF_COLUMNS}
    return MotifHit(
        account_ids=row["accounts"],
        roles=row["roles"],
        transfers=row["transfers"],
        volume=finite(row["volume"]),
        started=row["started"],
        ended=row["ended"],
        extra=cast("JSON", extra),
    )


def _plain(value: object) -> object:
    if isinstance(value, pl.Series):
        value = value.to_list()
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | None) else str(value)
