"""Plants typologies and benign look-alikes into a ledger, and writes the truth beside it.

The shapes come from `loader.typologies`, their place in the ledger from `planting`, and the rows
from `insertion`. The truth is in a file of its own, never in a row.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.errors import InputError, MissingPathError, ParameterError
from core.times import from_epoch_ms
from loader import mapping
from loader.reading.sources import fingerprint
from loader.synthesis import clean_ledger, given_ledger
from loader.synthesis.insertion import Insertion, Table
from loader.synthesis.planting import Planter
from loader.synthesis.typology import TYPOLOGIES, Wish, make_wish

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loader.synthesis.clean_ledger import CleanLedger
    from loader.synthesis.given_ledger import Fields
    from loader.synthesis.planting import Planted, Planting


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """What to plant.

    Attributes:
        wishes: typologies to plant.
        look_alikes: benign ones; null plants as many as there are patterns.
        reuse_share: least share of a pattern's members that exist already.
        camouflage: ordinary transfers of members per transfer of a pattern.
    """

    wishes: tuple[Wish, ...]
    look_alikes: tuple[Wish, ...] | None = None
    seed: int = 7
    reuse_share: float = 0.8
    camouflage: float = 0.3

    def check(self) -> None:
        """Refuse what cannot be planted.

        Raises:
            ParameterError: it names the option.
        """
        for name, value in (("reuse-share", self.reuse_share), ("camouflage", self.camouflage)):
            if not 0 <= value <= 1:
                raise ParameterError("inject", name, "must be from 0 to 1")
        if self.seed < 0:
            raise ParameterError("inject", "seed", "must be at least 0")
        for wishes, benign, option in (
            (self.wishes, False, "typology"),
            (self.look_alikes or (), True, "hard-negatives"),
        ):
            for wish in wishes:
                if wish.typology.is_hard_negative is not benign:
                    other = "--hard-negatives" if wish.typology.is_hard_negative else "--typology"
                    raise ParameterError(
                        "inject", option, f"may not be '{wish.name}'", f"Give it with {other}."
                    )


@dataclass(frozen=True, slots=True)
class Injected:
    """What came of it.

    Attributes:
        transfers: in the output, planted ones included.
        planted: patterns, benign look-alikes not counted.
        summary: everything about the run that does not depend on where files are.
    """

    transfers: int
    accounts: int
    planted: int
    hard_negatives: int
    files: list[Path] = field(default_factory=list)
    summary: dict[str, object] = field(default_factory=dict)


def inject(
    source: Path,
    out: Path,
    injection: Injection,
    *,
    meaning: Path | Fields | None = None,
    labels_out: Path | None = None,
    summary: Path | None = None,
) -> Injected:
    """Write a copy of a ledger with patterns planted in it.

    Args:
        source: a CSV or Parquet file, or a folder with one and its mapping.yaml.
        out: a folder, or a `.csv`, `.jsonl` or `.parquet` file, of the input's kind.
        injection: what to plant.
        meaning: the mapping file, or the names of columns.
        labels_out: the file of the truth; `planted.json` beside the output by default.
        summary: the file of the summary; `summary.json` beside the output by default.

    Raises:
        InputError: the ledger cannot be read, or is too small.
        ParameterError: an option is out of range.
    """
    injection.check()
    if not source.exists():
        raise MissingPathError(source)
    with TemporaryDirectory(prefix="ledgergraph-") as name:
        folder = Path(name)
        given, mapping_text, copy = given_ledger.find(source, meaning, folder)
        suffix = ".csv" if copy is None else copy.suffix
        places = _Places.of(out, Path(given.name).name, labels_out, summary, suffix)
        beside = (
            source.is_dir()
            and places.table.parent.exists()
            and places.table.parent.samefile(source)
        )
        if beside or (places.table.exists() and places.table.samefile(source)):
            raise InputError(f"{places.table} is the input.", "Give another place for the output.")
        places.make()
        places.mapping.write_text(mapping_text, encoding="utf-8")
        understood = places.mapping if copy is None else given_ledger.as_csv(mapping_text, folder)
        opened = Table.open(given, mapping.read(understood))
        ledger = clean_ledger.read(given, opened.meaning, folder)
        rng = np.random.default_rng(injection.seed)
        planter = _plant(ledger, injection, rng)
        insertion = Insertion(opened, ledger, planter.planting, rng, folder)
        if copy is None:
            ids = insertion.write(places.table)
        else:
            ids = insertion.write(folder / "planted_table.csv")
            copy.write_back(folder / "planted_table.csv", places.table)
        truth = _Truth(opened.meaning.network, ledger, planter.planting, insertion.names, ids)
        return _finish(truth, planter, injection, places, given.sha256)


def _plant(ledger: CleanLedger, injection: Injection, rng: np.random.Generator) -> Planter:
    planter = Planter(
        ledger, rng, reuse_share=injection.reuse_share, camouflage=injection.camouflage
    )
    wanted = [wish for wish in injection.wishes for _ in range(wish.count)]
    similar = injection.look_alikes
    if similar is None:
        kinds = [name for name, one in TYPOLOGIES.members().items() if one.is_hard_negative]
        order = rng.permutation(len(kinds))
        similar = tuple(
            make_wish(kinds[order[number % len(kinds)]], 1, {}) for number in range(len(wanted))
        )
    benign = [wish for wish in similar for _ in range(wish.count)]
    # Both kinds are spread evenly over the ledger, so that when something happens tells nothing.
    every = [*wanted, *benign]
    when = np.concatenate([_spread(rng, len(wanted)), _spread(rng, len(benign))])
    for place in rng.permutation(len(every)):
        planter.plant(every[place], float(when[place]))
    return planter


def _spread(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """One number at random from each of `count` equal parts of 0 to 1, shuffled."""
    return np.asarray((rng.permutation(count) + rng.random(count)) / max(1, count))


@dataclass(frozen=True, slots=True)
class _Places:
    """Where everything is written."""

    table: Path
    mapping: Path
    labels: Path
    summary: Path

    @classmethod
    def of(
        cls, out: Path, name: str, labels: Path | None, summary: Path | None, kind: str
    ) -> _Places:
        if out.suffix.lower() in {".csv", ".jsonl", ".parquet"}:
            if out.suffix.lower() != kind:
                raise InputError(f"{out} would not be of the input's kind.", f"Name a {kind} file.")
            beside = {n: out.with_name(f"{out.stem}.{n}") for n in
                      ("mapping.yaml", "planted.json", "summary.json")}  # fmt: skip
        else:
            beside = {n: out / n for n in ("mapping.yaml", "planted.json", "summary.json")}
            out /= f"{Path(name).name.split('.')[0]}{kind}"
        return cls(
            out,
            beside["mapping.yaml"],
            labels or beside["planted.json"],
            summary or beside["summary.json"],
        )

    def make(self) -> None:
        for path in (self.table, self.labels, self.summary):
            path.parent.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class _Truth:
    """What is known of the planted transfers."""

    network: str
    ledger: CleanLedger
    planting: Planting
    names: pl.Series
    ids: pl.Series

    def entries(self) -> list[dict[str, object]]:
        """One entry a pattern, as it stands in the file."""
        return [
            self._entry(number, pattern) for number, pattern in enumerate(self.planting.patterns)
        ]

    def _entry(self, number: int, pattern: Planted) -> dict[str, object]:
        times = self.ledger.ts[np.array(self.planting.model)[pattern.legs]]
        return {
            "pattern_id": f"{pattern.name}-{number}",
            "type": pattern.name,
            "is_hard_negative": pattern.is_hard_negative,
            "accounts": [
                {"id": f"{self.network}:{self.names[member]}", "role": role}
                for member, role in zip(pattern.members, pattern.roles, strict=True)
            ],
            "transfers": self.ids.gather(pattern.legs).to_list(),
            "ordinary": self.ids.gather(pattern.ordinary).to_list() if pattern.ordinary else [],
            "start": from_epoch_ms(int(times.min())).isoformat(),
            "end": from_epoch_ms(int(times.max())).isoformat(),
        }

    def labels(self) -> pl.DataFrame:
        """Every account, and whether a planted pattern, not a benign one, has it as a member."""
        bad = np.zeros(len(self.names), np.int64)
        for pattern in self.planting.patterns:
            if not pattern.is_hard_negative:
                bad[pattern.members] = 1
        return pl.DataFrame({"id": self.names, "label": bad})


def _finish(
    truth: _Truth, planter: Planter, injection: Injection, places: _Places, sha256: str
) -> Injected:
    patterns = planter.planting.patterns
    counts = Counter(pattern.name for pattern in patterns if not pattern.is_hard_negative)
    benign = Counter(pattern.name for pattern in patterns if pattern.is_hard_negative)
    used = np.unique([*planter.planting.source, *planter.planting.target])
    new = int((used >= len(truth.ledger.accounts)).sum())
    entries = truth.entries()
    places.labels.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    labels = places.labels.with_suffix(".csv")
    truth.labels().write_csv(labels)
    added = len(planter.planting.model)
    legs = sum(len(pattern.legs) for pattern in patterns)
    content: dict[str, object] = {
        "transfers": len(truth.ledger.ts) + added,
        "accounts": len(truth.ledger.accounts) + new,
        "planted": counts.total(),
        "hard_negatives": benign.total(),
        "typologies": dict(sorted(counts.items())),
        "look_alikes": dict(sorted(benign.items())),
        "planted_transfers": legs,
        "ordinary_transfers": added - legs,
        "new_accounts": new,
        "seed": injection.seed,
        "options": _options(injection),
        "sha256": {"input": sha256, "output": fingerprint(places.table)},
    }
    places.summary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return Injected(
        len(truth.ledger.ts) + added,
        len(truth.ledger.accounts) + new,
        counts.total(),
        benign.total(),
        [places.table, places.mapping, places.labels, labels, places.summary],
        content,
    )


def _options(injection: Injection) -> dict[str, object]:
    def told(wish: Wish) -> dict[str, object]:
        return {
            "name": wish.name,
            "count": wish.count,
            "accounts": list(wish.accounts),
            "amounts": list(wish.amounts),
            "seconds": list(wish.seconds),
            "schedule": wish.schedule,
            **wish.values,
        }

    similar = injection.look_alikes
    return {
        "typologies": [told(wish) for wish in injection.wishes],
        "hard_negatives": None if similar is None else [told(wish) for wish in similar],
        "reuse_share": injection.reuse_share,
        "camouflage": injection.camouflage,
    }
