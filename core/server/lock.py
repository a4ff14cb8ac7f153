"""Makes ``jars.lock.toml`` anew: ``python -m core.server.lock --neo4j 5.26.30 --gds 2.13.9``.

Run by hand for a new release, and the difference reviewed; nothing else imports it. It resolves
the releases, downloads every jar, checks that each is a whole archive, and writes the sums.
Takes about five minutes.
"""

from __future__ import annotations

import argparse
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.server.jars import LOCK_FILE, Jar, Lock, read_lock, sha256_of, write_lock
from core.server.maven import dependencies, fetch

_SERVER = ("org.neo4j:neo4j", "org.neo4j.app:neo4j-server", "org.neo4j:neo4j-import-tool")
_BROWSER = "org.neo4j.client:neo4j-browser"
_GDS = ("proc", "opengds-extension", "open-model-catalog", "open-write-services", "proc-sysinfo")


def make(neo4j: str, gds: str, browser: str, folder: Path) -> Lock:
    """Resolves and downloads the given releases below `folder` and describes every jar."""
    roots = [*(f"{project}:{neo4j}" for project in _SERVER), f"{_BROWSER}:{browser}"]
    server = dependencies(roots, folder)
    plugins = dependencies([f"org.neo4j.gds:{name}:{gds}" for name in _GDS], folder)
    # Two versions of one library on a class path is a lottery: the server's stands.
    present = {_project(coordinate) for coordinate in server}
    plugins = {each for each in plugins if _project(each) not in present}
    wanted = [("server", each) for each in server] + [("plugins", each) for each in plugins]
    with ThreadPoolExecutor(16) as pool:
        jars = [pool.submit(_describe, kind, coordinate, folder) for kind, coordinate in wanted]
    return Lock(neo4j, gds, browser, tuple(job.result() for job in jars))


def _project(coordinate: str) -> tuple[str, ...]:
    """Everything of a coordinate but the version."""
    group, artifact, _, *classifier = coordinate.split(":")
    return (group, artifact, *classifier)


def _describe(folder: str, coordinate: str, downloads: Path) -> Jar:
    """Downloads a jar and refuses one that is not a whole archive."""
    path = fetch(coordinate, downloads)
    with zipfile.ZipFile(path) as archive:
        if (damaged := archive.testzip()) is not None:
            raise ValueError(f"{coordinate} came damaged at {damaged}; run the command again")
    return Jar(folder, coordinate, sha256_of(path), path.stat().st_size)


def main() -> None:
    """Writes the lock file of the package for the versions on the command line."""
    parser = argparse.ArgumentParser(prog="python -m core.server.lock", description=__doc__)
    known = read_lock() if LOCK_FILE.exists() else None
    for name in ("neo4j", "gds", "browser"):
        default = getattr(known, name, None)
        parser.add_argument(f"--{name}", default=default, required=default is None)
    versions = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lock = make(versions.neo4j, versions.gds, versions.browser, Path(folder))
    write_lock(lock, LOCK_FILE)
    print(f"{len(lock.jars)} jars, {lock.size_bytes / 1e6:.0f} MB: {LOCK_FILE}")  # noqa: T201


if __name__ == "__main__":
    main()
