"""What is asked of jgo: one jar into a folder of ours, and the dependency tree behind a release.

jgo is imported when it is needed only, because a start from a complete cache does not need it.
Nothing it says about integrity is relied on: it returns truncated files and only warns about
wrong checksums, so the callers check every SHA-256 themselves.
"""

from __future__ import annotations

import logging
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TIMEOUT_SECONDS = 20


def fetch(coordinate: str, folder: Path) -> Path:
    """Downloads one jar into a new folder below `folder` and returns where it lies.

    A new folder each time, because jgo takes a half-written file of an earlier attempt for the
    whole one.

    Raises:
        OSError: The network or the disk failed.
        RuntimeError: No repository has the jar.
    """
    from jgo.maven import MavenContext  # noqa: PLC0415 - see the module docstring

    logging.getLogger("jgo").setLevel(logging.ERROR)
    group, artifact, version, *classifier = coordinate.split(":")
    repository = tempfile.mkdtemp(dir=folder)
    context = MavenContext(repo_cache=folder / repository, timeout=_TIMEOUT_SECONDS)
    component = context.project(group, artifact).at_version(version)
    return component.artifact(classifier[0] if classifier else "").resolve()


def dependencies(coordinates: Iterable[str], repository: Path) -> set[str]:
    """Resolves releases into the coordinates of everything they need at run time.

    Slow, about a minute and a half: one small file after another.
    """
    from jgo.maven import MavenContext  # noqa: PLC0415 - see the module docstring

    context = MavenContext(repo_cache=repository, timeout=_TIMEOUT_SECONDS)
    roots = [context.create_dependency(coordinate) for coordinate in coordinates]
    inputs, transitive = context.resolver.resolve(roots)
    return {
        ":".join(filter(None, (each.groupId, each.artifactId, each.version, each.classifier)))
        for each in (*inputs, *transitive)
        if each.scope != "test"
    }
