"""Every format against its cases: hand-made files, and what their rows must become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from core.errors import ExpectedError
from loader import replay
from loader.dead_letter import DeadLetter
from loader.format import FORMATS, Context
from loader.loading import sort_out
from loader.reading.sources import open_sources
from loader.report import LoadOptions, LoadReport
from loader.staging import Staging

CASES = Path(__file__).resolve().parents[2] / "cases" / "formats"
# Stellar addresses are long: <A> stands for G and 55 times A, <L:A> for L and 55 times A.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def cases() -> list[Any]:
    return [
        pytest.param(name, case, id=f"{name}: {case['name']}")
        for name in FORMATS.names()
        for path in sorted((CASES / name).glob("cases*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def expand(text: str) -> str:
    for letter in LETTERS:
        text = text.replace(f"<{letter}>", "G" + letter * 55)
        text = text.replace(f"<L:{letter}>", "L" + letter * 55)
    return text


def shorten(text: str) -> str:
    for letter in LETTERS:
        text = text.replace("G" + letter * 55, f"<{letter}>")
        text = text.replace("L" + letter * 55, f"<L:{letter}>")
    return text


def run(name: str, case: dict[str, Any], folder: Path) -> dict[str, Any]:
    source, work = folder / "source", folder / "work"
    source.mkdir()
    work.mkdir()
    for file, content in case["files"].items():
        (source / file).write_text(expand(content), encoding="utf-8")
    given = dict(case.get("options", {}))
    if "mapping" in case:
        (folder / "mapping.yaml").write_text(yaml.safe_dump(case["mapping"]))
        given["mapping"] = folder / "mapping.yaml"
    options, report = LoadOptions(**given), LoadReport()
    form = FORMATS.get(name)
    sources, _ = open_sources([source], work)
    files = sort_out(name, form, sources, options, report)
    context = Context(form.default_network(options), options, work)
    letters = DeadLetter(folder / "letters", "case")
    staging = Staging(work, context.network, letters)
    for parcel in form.read(files, context):
        staging.add(parcel)
    staged = [replay.mark_repetitions(part) for part in staging.partitions()]
    moved = staged[0] if staged else pl.DataFrame()
    return {
        "read": staging.read,
        "skipped": dict(staging.skipped),
        "rejected": dict(letters.reasons),
        "accounts": sum(frame.height for frame in staging.accounts()),
        "left_out": len(report.left_out),
        "warnings": {str(k): v for k, v in context.warnings.items()},
        "fees_base": context.fees_base,
        "transfers": [shorten(line(row)) for row in moved.iter_rows(named=True)],
        "duplicate": int((moved["verdict"] == "present").sum()) if moved.height else 0,
    }


def line(row: dict[str, Any]) -> str:
    """A transfer as in the cases: id, ends, asset, amount, ts, kind, ord and flags."""
    kinds = [f"{k}" for k in (row["source_kind"], row["target_kind"]) if k]
    parts = [row["id"], row["source"].partition(":")[2], row["target"].partition(":")[2],
             row["asset"], row["amount_base"], row["ts"], row["kind"],
             *(row["flags"] or []), *kinds]  # fmt: skip
    return " ".join(str(part) for part in parts)


@pytest.mark.parametrize(("name", "case"), cases())
def test_case(name: str, case: dict[str, Any], tmp_path: Path) -> None:
    if "error" in case:
        with pytest.raises(ExpectedError, match=case["error"]):
            run(name, case, tmp_path)
        return
    got = run(name, case, tmp_path)
    expected = case["expect"]
    assert {key: got[key] for key in expected} == expected
