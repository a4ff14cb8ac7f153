"""Elliptic++: transactions, addresses and the edges between both, in up to eight CSV files.

Features and classes are not put into the graph. Those of addresses cover their whole life, and
classes are what became known afterwards: neither may be seen by a feature.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError
from loader.chains import elliptic, elliptic_pairs
from loader.chains.elliptic import KIND
from loader.format import Format
from loader.reading import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context, Parcel
    from loader.reading.sources import Source
    from loader.report import LoadOptions

_ACCOUNT = "account"
_PARTS: dict[str, tuple[str, ...]] = {
    "transactions": ("txId", "Time step", "Local_feature_1"),
    "addresses": ("address", "Time step", "num_txs_as_sender", "num_txs_as receiver"),
    "transaction_classes": ("txId", "class"),
    "address_classes": ("address", "class"),
    "edges": ("txId1", "txId2"),
    "senders": ("input_address", "txId"),
    "receivers": ("txId", "output_address"),
    "pairs": ("input_address", "output_address"),
}
"""Columns that tell the files apart."""
_ENDS = {
    "edges": (KIND, KIND),
    "senders": (_ACCOUNT, KIND),
    "receivers": (KIND, _ACCOUNT),
    "pairs": (_ACCOUNT, _ACCOUNT),
}


class EllipticPlusPlus(Format):
    """Transactions and addresses as accounts; an edge of an address has its transaction's step."""

    summary = "Elliptic++: Bitcoin transactions, addresses and four edge lists (CSV)."
    network = "elliptic"

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the header."""
        del options
        return table.part(source, _PARTS)

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """The headers that are known."""
        del source, options
        return "its header is none of Elliptic++'s"

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """Nodes first, then the edges; steps stand in the features of transactions alone."""
        first = next(iter(files.values()))[0]
        if not any(part in files for part in _ENDS):
            raise FormatError("elliptic_plus_plus", first.name, "no edge list is given with it")
        if "transactions" not in files:
            reason = "the features of transactions, which tell time steps, are not given with it"
            raise FormatError("elliptic_plus_plus", first.name, reason)
        if "pairs" in files and not {"senders", "receivers"} <= set(files):
            reason = (
                "an edge from address to address has its transaction's step; "
                "AddrTx_edgelist and TxAddr_edgelist, which name it, are not given with it"
            )
            raise FormatError("elliptic_plus_plus", files["pairs"][0].name, reason)
        return itertools.chain(self._parcels(files, context), _classes(files, context))

    def _parcels(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        known = pl.DataFrame(schema=elliptic.STEPS)
        for source in files["transactions"]:
            cells = table.header(source)
            places = [cells.index(name) for name in ("txId", "Time step")]
            for steps in elliptic.steps(source, places, table.PLAIN, context):
                known = pl.concat([known, steps])
                nodes = elliptic.accounts(steps["node"], context.network, KIND)
                yield elliptic.listed(source, nodes)
        for source in files.get("addresses", ()):
            yield from _addresses(source, context)
        known = known.unique("node", keep="first", maintain_order=True)
        for part, kinds in _ENDS.items():
            sources = files.get(part, ())
            meetings = (
                elliptic_pairs.meetings(files, known) if part == "pairs" and sources else None
            )
            for source in sources:
                seen = elliptic_pairs.Seen.nothing()
                for frame in elliptic.edges(source, _PARTS[part], kinds):
                    if meetings is not None:
                        timed, seen = elliptic_pairs.timed(frame, meetings, seen)
                    elif part == "edges":
                        timed = elliptic.later_step(frame, known)
                    else:
                        end = "from" if part == "receivers" else "to"
                        timed = frame.join(
                            known.rename({"node": end}), on=end, how="left", maintain_order="left"
                        )
                    yield elliptic.parcel(source, timed, kinds, context.network)


FORMAT = EllipticPlusPlus()


def _classes(files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
    for part in ("transaction_classes", "address_classes"):
        for source in files.get(part, ()):
            yield from elliptic.classes(source, _PARTS[part], context.network)


def _addresses(source: Source, context: Context) -> Iterator[Parcel]:
    """An address is listed once for every interaction, and is one account."""
    cells = table.header(source)
    place = pl.col(str(cells.index("address"))).str.strip_chars()
    for records in table.records(source, len(cells)):
        nodes = records.filter(~pl.col("ragged") & (place != "")).select(place.alias("node"))
        elliptic.count_unused(records.height - nodes.height, context)
        found = elliptic.accounts(nodes["node"], context.network, _ACCOUNT)
        yield elliptic.listed(source, found)
