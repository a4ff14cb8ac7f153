"""The README's tables are the registries, and its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from api.actions import job_summaries
from api.cli import app
from cypher import motifs
from loader.format import FORMATS
from loader.label_pack import TAG_FORMATS
from loader.synthesis.typology import TYPOLOGIES
from ml.contract import DETECTORS, MODELS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLES = {
    "format": {name: member.summary for name, member in FORMATS.members().items()},
    "pack": {name: member.summary for name, member in TAG_FORMATS.members().items()},
    "typology": {name: member.summary for name, member in TYPOLOGIES.members().items()},
    "motif": {name: motifs.describe(name).summary for name in motifs.names()},
    "job": dict(job_summaries()),
    "model": {
        name: member.summary
        for folder in (MODELS, DETECTORS)
        for name, member in folder.members().items()
    },
}


def table(title: str) -> dict[str, str]:
    body = README.split(f"| {title} |", 1)[1].split("\n\n", 1)[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", body, re.MULTILINE))


@pytest.mark.parametrize("title", sorted(TABLES))
def test_a_table_of_the_readme_is_the_registry(title: str) -> None:
    assert table(title) == TABLES[title]


def test_commands_of_the_readme_exist() -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    used = set(re.findall(r"(?:\$|^|`|bin/)\s*ledgergraph (\w+)", README, re.MULTILINE))
    assert used
    assert used <= known


def test_the_readme_names_no_path_of_a_machine() -> None:
    assert not re.search(r"/(tmp|home|root|work)/", README)
