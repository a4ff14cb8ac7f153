"""The file of rejected rows: one JSON object a line, with file, line, reason and the raw row."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from core.errors import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path


class DeadLetter:
    """Written as rows are rejected; there is no file as long as there are none."""

    def __init__(self, folder: Path, load: str) -> None:
        self.path = folder / f"rejected-{load}.jsonl"
        self.reasons: Counter[str] = Counter()
        self.first = ""

    @property
    def rejected(self) -> int:
        """Rows rejected so far."""
        return self.reasons.total()

    def add(self, name: str, rows: pl.DataFrame) -> None:
        """Append rows (`line`, `reject`, `text`) of the file `name`.

        Raises:
            UnreadableError: the file cannot be written.
        """
        if not rows.height:
            return
        for reason, count in rows["reject"].value_counts().iter_rows():
            self.reasons[reason] += count
        if not self.first:
            line, reason = rows.select("line", "reject").row(0)
            self.first = f"{name}, line {line}: {reason}"
        letters = rows.select(file=pl.lit(name), line="line", reason="reject", row="text")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                letters.write_ndjson(file)
        except OSError as error:
            raise UnreadableError(self.path, error.strerror or str(error)) from error
