"""Promises of the project as a whole: architecture, settings, names, no addresses."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.settings import example

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "cypher", "loader", "gds_jobs", "ml", "api")
FORBIDDEN_MODULES = {"utils", "helpers", "common", "misc", "manager", "service", "base"}
SOURCES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def test_env_example_equals_the_settings() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == example()


def test_our_packages_belong_to_nobody_else() -> None:
    owners = importlib.metadata.packages_distributions()
    others = {name: set(owners.get(name, [])) - {"ledgergraph"} for name in PACKAGES}
    assert others == {name: set() for name in PACKAGES}


def test_help_does_not_import_the_heavy_libraries() -> None:
    code = (
        "import sys; sys.argv = ['ledgergraph', '--help']\n"
        "from api.cli import app\n"
        "try: app()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'sklearn', 'graphdatascience', 'jgo', 'strawberry', 'neo4j', 'pandas',"
        " 'polars'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_names_say_something(path: Path) -> None:
    assert path.stem not in FORBIDDEN_MODULES


def test_lock_has_a_hash_for_every_package_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
    assert entries
    assert text.count("--hash=sha256:") >= len(entries)
    assert "://" not in text


def test_errors_are_drawn_in_the_tree() -> None:
    from core import errors  # noqa: PLC0415

    classes = [name for name in vars(errors) if name.endswith("Error")]
    missing = [name for name in classes if name not in (errors.__doc__ or "")]
    assert missing == []


def test_modules_that_tests_take_from_tests_are_there() -> None:
    """mypy does not read the tests, and an integration test is collected late."""
    missing = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in (ROOT / "tests").rglob("*.py")
        for module in re.findall(r"^ *from (tests\.[\w.]+) import", path.read_text(), re.MULTILINE)
        if not (ROOT / f"{module.replace('.', '/')}.py").is_file()
        and not (ROOT / module.replace(".", "/")).is_dir()
    ]
    assert missing == []
