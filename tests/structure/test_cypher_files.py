"""Every query loads, keeps its folder's contract, and is used or public."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import ContractError
from core.schema import MOTIF_COLUMNS
from cypher import catalog

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = ("motifs", "features", "rules", "migrations")
QUERIES = [f"{folder}/{name}" for folder in catalog.FOLDERS for name in catalog.names(folder)]
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for package in ("cypher", "loader", "gds_jobs", "ml", "api", "tests")
    for path in (ROOT / package).rglob("*.py")
)
# Names as they stand in the code; a part that is filled in stands for any word.
USES = {
    re.compile(re.sub(r"\{[^}]*\}", r"\\w+", name))
    for name in re.findall(r'"((?:lookups|writes|exports)/[^"]+)"', SOURCES)
}


@pytest.mark.parametrize("name", QUERIES)
def test_loads(name: str) -> None:
    query = catalog.load(name)
    allowed = {"migrations": {"schema"}, "writes": {"write"}}.get(query.folder, {"read"})
    assert query.mode in allowed


@pytest.mark.parametrize("name", [n for n in QUERIES if n.split("/")[0] not in PUBLIC])
def test_is_used(name: str) -> None:
    assert any(use.fullmatch(name) for use in USES), f"nothing runs cypher/{name}.cypher"


@pytest.mark.parametrize("name", catalog.names("motifs"))
def test_motif_returns_the_six_columns_first(name: str) -> None:
    columns = [column for column, _ in catalog.load(f"motifs/{name}").columns]
    assert tuple(columns[: len(MOTIF_COLUMNS)]) == MOTIF_COLUMNS


@pytest.mark.parametrize("name", catalog.names("features"))
def test_feature_family_begins_with_the_account(name: str) -> None:
    assert catalog.load(f"features/{name}").columns[0] == ("account", "str")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("RETURN 1 AS x", "summary"),
        ("// Finds.\nRETURN 1 AS x", "mode"),
        ("// Finds.\n//\n// mode read\n// return y: int\nRETURN 1 AS x", "promises"),
        (
            "// Finds.\n//\n// mode read\n// param a: int\nMATCH (n) RETURN n AS x",
            "parameters differ",
        ),
        ("// Finds.\n//\n// mode read\n// param a: money\nRETURN $a AS x", "types"),
    ],
)
def test_a_broken_header_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(ContractError, match=reason) as caught:
        catalog.parse(text, "motifs", "broken")
    assert "cypher/motifs/broken.cypher" in str(caught.value)
