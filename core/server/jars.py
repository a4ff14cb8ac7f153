"""The committed list of server jars: coordinates, sizes and SHA-256 sums, and no addresses.

Reading and writing of ``jars.lock.toml`` lives here; ``lock`` makes a new one, ``artifacts``
fetches what it lists.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOCK_FILE = Path(__file__).with_name("jars.lock.toml")
FOLDERS = ("server", "plugins")

_HEAD = """\
# Every jar of the embedded server, one per line. Written by `python -m core.server.lock`.
# "server" goes on the class path; "plugins" (GDS) goes on the class path and is scanned for
# procedures. A coordinate is group:artifact:version[:classifier].

"""


@dataclass(frozen=True, slots=True)
class Jar:
    """One file of the server, identified by what it is and not by where it comes from."""

    folder: str
    coordinate: str
    sha256: str
    size_bytes: int

    @property
    def filename(self) -> str:
        """Name of the jar inside its folder."""
        _, artifact, *rest = self.coordinate.split(":")
        return f"{'-'.join((artifact, *rest))}.jar"

    @property
    def path(self) -> Path:
        """Place of the jar below the folder that holds all of them."""
        return Path(self.folder) / self.filename


@dataclass(frozen=True, slots=True)
class Lock:
    """Versions of the server and its parts, and the jars that make them up."""

    neo4j: str
    gds: str
    browser: str
    jars: tuple[Jar, ...]

    @property
    def name(self) -> str:
        """Folder name that differs whenever a version or any jar differs."""
        text = "\n".join(f"{jar.path} {jar.sha256}" for jar in self.jars)
        return f"neo4j-{self.neo4j}-gds-{self.gds}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    @property
    def size_bytes(self) -> int:
        """Size of all jars together."""
        return sum(jar.size_bytes for jar in self.jars)


@cache
def read_lock(path: Path = LOCK_FILE) -> Lock:
    """Reads the lock file that the package carries."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return Lock(**content["versions"], jars=tuple(Jar(**row) for row in content["jars"]))


def write_lock(lock: Lock, path: Path) -> None:
    """Writes a lock file with one line per jar, sorted, so that a change reads well in review."""
    versions = f'neo4j = "{lock.neo4j}", gds = "{lock.gds}", browser = "{lock.browser}"'
    rows = "".join(
        f'  {{ folder = "{jar.folder}", coordinate = "{jar.coordinate}", '
        f'sha256 = "{jar.sha256}", size_bytes = {jar.size_bytes} }},\n'
        for jar in sorted(lock.jars, key=lambda jar: (FOLDERS.index(jar.folder), jar.coordinate))
    )
    text = f"{_HEAD}versions = {{ {versions} }}\n\njars = [\n{rows}]\n"
    path.write_text(text, encoding="utf-8")


def sha256_of(path: Path) -> str:
    """Hashes a file in hexadecimal, outside the interpreter lock."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
