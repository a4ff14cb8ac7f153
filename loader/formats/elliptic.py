"""Elliptic: the published graph of Bitcoin transactions, in three CSV files.

Features and classes are not put into the graph: what is known of a transaction afterwards never
becomes a property that a feature could see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError
from loader.chains import elliptic
from loader.format import Format
from loader.reading import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context, Parcel
    from loader.reading.sources import Source
    from loader.report import LoadOptions

_HEADLESS = table.Dialect(has_header=False)
_FEATURES_WIDTH = 1 + 1 + 93 + 72
_EDGES, _CLASSES = ["txId1", "txId2"], ["txId", "class"]


class Elliptic(Format):
    """Transactions as accounts, flows of value between them as transfers without amount."""

    summary = "Elliptic: features, edge list and classes of Bitcoin transactions (CSV)."
    network = "elliptic"

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the header; the file of features has none, but a width of its own."""
        del options
        cells = table.header(source)
        if cells == _EDGES:
            return "edges"
        if cells == _CLASSES:
            return "classes"
        return "features" if len(cells) == _FEATURES_WIDTH and cells[0] != "txId" else None

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """What the three files look like."""
        del source, options
        return (
            f"it is neither a table of {_FEATURES_WIDTH} columns without header "
            "nor has the header txId1,txId2 or txId,class"
        )

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """Transactions with their steps first, then the edges."""
        for part in ("features", "edges"):
            if part not in files:
                first = next(iter(files.values()))[0]
                raise FormatError("elliptic", first.name, f"no file of {part} is given with it")
        return self._parcels(files, context)

    def _parcels(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        known = pl.DataFrame(schema=elliptic.STEPS)
        for source in files["features"]:
            for steps in elliptic.steps(source, (0, 1), _HEADLESS, context):
                known = pl.concat([known, steps])
                nodes = elliptic.accounts(steps["node"], context.network, elliptic.KIND)
                yield elliptic.listed(source, nodes)
        known = known.unique("node", keep="first", maintain_order=True)
        kinds = (elliptic.KIND, elliptic.KIND)
        for source in files["edges"]:
            for frame in elliptic.edges(source, _EDGES, kinds):
                timed = elliptic.later_step(frame, known)
                yield elliptic.parcel(source, timed, kinds, context.network)
        for source in files.get("classes", ()):
            yield from elliptic.classes(source, _CLASSES, context.network)


FORMAT = Elliptic()
