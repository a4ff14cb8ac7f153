"""What a verification says: counts, sums and hashes by range of ledgers, and what differs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from core.amounts import total
from loader.differences import SHOWN, Altered
from loader.hash import digest_sum

if TYPE_CHECKING:
    from typing import Self

_CANONICAL = ("id", "source", "target", "asset", "amount_base", "ts", "kind")


@dataclass(frozen=True, slots=True)
class Side:
    """The transfers of one range: how many, their sums in base units by asset, their hash."""

    transfers: int
    sums: dict[str, str]
    hash: str

    @classmethod
    def of(cls, transfers: pl.DataFrame) -> Self:
        """Sum up transfers."""
        transfers = transfers.with_columns(pl.col("asset").replace("", None))
        parts = transfers.with_columns(pl.col("asset").fill_null("")).partition_by(
            "asset", as_dict=True
        )
        sums = {
            str(asset): str(
                total(part.filter(pl.col("amount_base").str.contains(r"^\d+$"))["amount_base"])
            )
            for (asset,), part in sorted(parts.items())
        }
        return cls(transfers.height, sums, f"{digest_sum('T', transfers.select(_CANONICAL)):032x}")


@dataclass(frozen=True, slots=True)
class Partition:
    """A range of ledgers, both ends included, as the source and as the graph has it."""

    first_ledger: int
    last_ledger: int
    source: Side
    graph: Side

    @classmethod
    def of(cls, first: int, last: int, source: pl.DataFrame, graph: pl.DataFrame) -> Self:
        """Sum up both sides."""
        return cls(first, last, Side.of(source), Side.of(graph))

    def as_dict(self) -> dict[str, object]:
        """For the command's JSON object."""
        sides = {"source": self.source, "graph": self.graph}
        return {
            "ledgers": [self.first_ledger, self.last_ledger],
            "ok": self.source == self.graph,
            **{
                name: {"transfers": side.transfers, "sums": side.sums, "hash": side.hash}
                for name, side in sides.items()
            },
        }


@dataclass(slots=True)
class VerifyReport:
    """The result of a verification.

    Attributes:
        rejected: rows of the source that a load rejects; they are not expected.
        elsewhere: transfers in ledgers that other sources were loaded for.
        details: by `missing`, `altered` and `unexpected` the first things, with what differs.
    """

    network: str
    read: int = 0
    rejected: int = 0
    missing: int = 0
    altered: int = 0
    unexpected: int = 0
    elsewhere: int = 0
    seconds: float = 0.0
    partitions: list[Partition] = field(default_factory=list)
    details: dict[str, list[dict[str, object]]] = field(
        default_factory=lambda: {"missing": [], "altered": [], "unexpected": []}
    )

    @property
    def ok(self) -> bool:
        """Whether the graph holds what the source says, and nothing else."""
        return not (self.missing or self.altered or self.unexpected)

    def add(self, what: str, missing: pl.Series, altered: Altered, unexpected: pl.Series) -> None:
        """Count what was found among transfers, accounts or assets."""
        self.missing += missing.len()
        self.altered += altered.count
        self.unexpected += unexpected.len()
        for name, ids in (("missing", missing), ("unexpected", unexpected)):
            self._tell(name, [{"what": what, "id": each} for each in ids.head(SHOWN)])
        self._tell(
            "altered",
            [
                {"what": what, "id": each, "differs": {
                    name: {"source": ours, "graph": theirs}
                    for name, (ours, theirs) in differs.items()
                }}
                for each, differs in altered.first.items()
            ],
        )  # fmt: skip

    def _tell(self, name: str, things: list[dict[str, object]]) -> None:
        told = self.details[name]
        told.extend(things[: SHOWN - len(told)])

    def as_dict(self) -> dict[str, object]:
        """The JSON object of the command contract, with what it may add."""
        return {
            "ok": self.ok,
            "missing": self.missing,
            "altered": self.altered,
            "unexpected": self.unexpected,
            "details": self.details,
            "network": self.network,
            "read": self.read,
            "rejected": self.rejected,
            "transfers": {
                "source": sum(each.source.transfers for each in self.partitions),
                "graph": sum(each.graph.transfers for each in self.partitions),
            },
            "elsewhere": self.elsewhere,
            "partitions": [each.as_dict() for each in self.partitions],
            "seconds": round(self.seconds, 3),
        }
