"""The manifest of an export: hashes, what they cover, and what only tells where it came from."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from core.errors import FormatError
from cypher import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

NAME = "manifest.json"
_QUERIES = (
    "export_accounts",
    "export_transfers",
    "export_transfers_all",
    "export_labels",
    "export_assets",
)
_LIBRARIES = ("ledgergraph", "neo4j", "polars", "numpy", "scikit-learn", "torch", "torch-geometric")


def canonical(facts: Mapping[str, object]) -> bytes:
    """JSON with sorted keys and no spaces: equal facts, equal bytes."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Versions of this program and of the libraries whose numbers it passes on."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def queries(families: Iterable[str]) -> dict[str, str]:
    """Texts of the queries that an export runs."""
    names = [f"exports/{name}" for name in _QUERIES]
    names += [f"features/{family}" for family in families if family in catalog.names("features")]
    return {name: catalog.load(name).text for name in names}


def write(
    folder: Path, files: Sequence[str], described: Mapping[str, object], origin: Mapping[str, str]
) -> str:
    """Write the manifest; `described` is hashed with the files, `origin` is not.

    Returns:
        The hash over everything.
    """
    hashes = {name: digest_of(folder / name) for name in files}
    total = _total(described, hashes)
    facts = {
        **described,
        "sha256": total,
        "files": hashes,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "origin": {**origin, "versions": versions()},
    }
    part = folder / f"{NAME}.part"
    part.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(folder / NAME)
    return total


def check(folder: Path, files: Sequence[str]) -> dict[str, object]:
    """The manifest of a folder whose files are exactly those hashed in it.

    Raises:
        FormatError: there is none, it cannot be read, or a file is another.
    """
    path = folder / NAME
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        hashes = dict(facts["files"])
        _ = facts["features"], facts["sha256"], facts["spec"]
    except FileNotFoundError as error:
        raise FormatError("export", folder, f"it has no {NAME}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError("export", path, "it is no manifest of an export") from error
    for name in files:
        if not (folder / name).is_file():
            raise FormatError("export", folder, f"{name} is missing")
        if digest_of(folder / name) != hashes.get(name):
            raise FormatError("export", folder / name, "its SHA-256 is not that of the manifest")
    return dict(facts)


def _total(described: Mapping[str, object], hashes: Mapping[str, str]) -> str:
    content = "".join(f"{name}:{hashes[name]}\n" for name in sorted(hashes)).encode()
    return sha256(content + canonical(described)).hexdigest()
