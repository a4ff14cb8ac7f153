"""What a load is told, what it says while it runs and what it says at the end.

How rows end in one of the four outcomes is decided in `loader.staging` and `loader.stream`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

FeeMode = Literal["none", "edges"]
Mode = Literal["stream", "bulk", "auto"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """The choices of one load.

    Attributes:
        network: overrides the mapping's and the format's network.
        mapping: YAML file that tells the `csv` format what its columns mean.
        max_rejects: more rejected rows than this stop the load.
        assume_success: load records whose success the files do not tell, flagged so.
        fees: `edges` makes transfers of the fees.
        dead_letter_dir: where the file of rejected rows goes; the working directory by default.
        labels_dir: where side files of labels go; without it labels are left out.
        batch_rows: rows of one transaction.
        mode: `bulk` imports offline into a new store; `auto` does so when the database is the
            embedded one and empty, and the input is large.
        replace: a bulk load gives up what is in the database.
    """

    network: str | None = None
    mapping: Path | None = None
    max_rejects: int = 0
    assume_success: bool = False
    fees: FeeMode = "none"
    dead_letter_dir: Path | None = None
    labels_dir: Path | None = None
    batch_rows: int = 10_000
    mode: Mode = "stream"
    replace: bool = False


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far a load is; `rows` counts within the phase, `total` is null while reading.

    Attributes:
        phase: `reading` the files, then `writing` to the graph or `comparing` with it.
        rows: rows read, or rows written.
        total: rows that will be written.
    """

    phase: Literal["reading", "writing", "comparing"]
    rows: int
    total: int | None


@dataclass(slots=True)
class LoadReport:
    """The result of a load; `read` is always the sum of the four outcomes.

    Attributes:
        skipped: rows by reason.
        transfers: relationships created by this load.
        accounts: nodes created by this load.
        warnings: counts by name; they change no outcome.
        left_out: files that the format does not know, with why.
        dead_letter: file of the rejected rows, null when there are none.
        labels: rows of the side files of labels, by path.
        fees_base: sum of the fees in base units, as text, where the source tells them.
        chain_id: of the EVM chain, where the source tells it.
        mode: how rows went in.
        phases: seconds of the steps of a bulk load; stop and start are the server's.
    """

    read: int = 0
    loaded: int = 0
    duplicate: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    transfers: int = 0
    accounts: int = 0
    seconds: float = 0.0
    warnings: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    dead_letter: Path | None = None
    rejected_by_reason: dict[str, int] = field(default_factory=dict)
    assets: int = 0
    fees_base: str | None = None
    chain_id: int | None = None
    batch: str = ""
    network: str = ""
    mode: Mode = "stream"
    phases: dict[str, float] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)

    def adds_up(self) -> bool:
        """Whether every row read has exactly one outcome."""
        outcomes = self.loaded + self.duplicate + sum(self.skipped.values()) + self.rejected
        return self.read == outcomes

    def as_dict(self) -> dict[str, object]:
        """The JSON object of the command contract, with what it may add."""
        return {
            "read": self.read,
            "loaded": self.loaded,
            "duplicate": self.duplicate,
            "skipped": dict(sorted(self.skipped.items())),
            "rejected": self.rejected,
            "transfers": self.transfers,
            "accounts": self.accounts,
            "seconds": round(self.seconds, 3),
            "warnings": dict(sorted(self.warnings.items())),
            "left_out": dict(sorted(self.left_out.items())),
            "dead_letter": str(self.dead_letter) if self.dead_letter else None,
            "rejected_by_reason": dict(sorted(self.rejected_by_reason.items())),
            "network": self.network,
            "batch": self.batch,
            "mode": self.mode,
            **({"labels": self.labels} if self.labels else {}),
            "phases": {name: round(seconds, 3) for name, seconds in self.phases.items()},
            **({"fees_base": self.fees_base} if self.fees_base is not None else {}),
        }
