"""From PATHs to plain files: folders are walked, archives opened, every file fingerprinted.

Compression is recognised by content, never by name. What is compressed is unpacked into a temporary
folder that goes when the load ends; nothing is ever written beside the source.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from core.errors import InputError, MissingPathError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEAD_BYTES = 1 << 20
_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_TAR_AT, _TAR = 257, b"ustar"
_BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)
_NESTING = 3


@dataclass(frozen=True, slots=True)
class Source:
    """One plain file to read.

    Attributes:
        name: what the person knows it by, `archive.tgz!member` inside an archive.
        path: where its plain bytes lie for now.
        sha256: of the file or archive as it was given.
    """

    name: str
    path: Path
    sha256: str

    def head(self) -> bytes:
        """The first bytes, enough to recognise a file by its content."""
        try:
            with self.path.open("rb") as file:
                return file.read(HEAD_BYTES)
        except OSError as error:
            raise UnreadableError(self.name, _reason(error)) from error


def check_paths(paths: Sequence[Path]) -> None:
    """Refuse what cannot be read, before anything is.

    Raises:
        MissingPathError: a path does not exist.
        UnreadableError: it is a pipe or a device, which cannot be read twice.
    """
    for path in paths:
        if not path.exists():
            raise MissingPathError(path)
        if not path.is_file() and not path.is_dir():
            raise UnreadableError(path, "it is neither a file nor a folder")


def open_sources(paths: Sequence[Path], folder: Path) -> tuple[list[Source], dict[str, str]]:
    """Find and unpack everything below `paths`, in a fixed order, each file once.

    Args:
        paths: files, archives or folders.
        folder: an existing temporary folder for what is compressed.

    Returns:
        The plain files, and those left out with why.

    Raises:
        MissingPathError: a path does not exist.
        UnreadableError: a file or folder cannot be read to its end, or is empty.
    """
    if not paths:
        raise InputError("No file or folder was given.", "Name at least one PATH.")
    found: list[Source] = []
    left_out: dict[str, str] = {}
    seen: set[Path] = set()
    check_paths(paths)
    for path in paths:
        for file in _files(path):
            if (real := file.resolve()) in seen:
                continue
            seen.add(real)
            if file.stat().st_size == 0:
                if path.is_file():
                    raise UnreadableError(file, "it is empty")
                left_out[str(file)] = "empty"
                continue
            found.extend(_unpack(str(file), file, fingerprint(file), folder))
    if not found:
        raise InputError(f"There is no file in {', '.join(map(str, paths))}.")
    return found, left_out


def fingerprint(path: Path) -> str:
    """SHA-256 of a file in hexadecimal.

    Raises:
        UnreadableError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableError(path, _reason(error)) from error


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def refuse(error: OSError) -> None:
        raise UnreadableError(error.filename or path, _reason(error)) from error

    for folder, folders, names in os.walk(path, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            file = Path(folder) / name
            if file.is_file():
                yield file


def _unpack(name: str, path: Path, sha256: str, folder: Path, depth: int = 0) -> Iterator[Source]:
    """The plain files inside `path`: itself, or what its compression holds."""
    try:
        with path.open("rb") as file:
            head = file.read(_TAR_AT + len(_TAR))
        if depth >= _NESTING:
            yield Source(name, path, sha256)
        elif head.startswith(_GZIP):
            with gzip.open(path) as stream:
                inner = _spill(stream, folder)
            yield from _unpack(name, inner, sha256, folder, depth + 1)
        elif head[_TAR_AT:] == _TAR:
            yield from _members(name, _tar(path, folder), sha256, folder, depth)
        elif head.startswith(_ZIP):
            yield from _members(name, _zip(path, folder), sha256, folder, depth)
        else:
            yield Source(name, path, sha256)
    except _BROKEN as error:
        raise UnreadableError(name, _reason(error)) from error


def _members(
    name: str, members: Iterator[tuple[str, Path]], sha256: str, folder: Path, depth: int
) -> Iterator[Source]:
    for member, path in sorted(members):
        if path.stat().st_size:
            yield from _unpack(f"{name}!{member}", path, sha256, folder, depth + 1)


def _tar(path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    with tarfile.open(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield member.name, _spill(stream, folder)


def _zip(path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                with archive.open(member) as stream:
                    yield member.filename, _spill(stream, folder)


def _spill(stream: IO[bytes] | gzip.GzipFile, folder: Path) -> Path:
    """Write to a file of our own naming: a member's name never becomes a path."""
    target = folder / f"source_{len(list(folder.iterdir()))}"
    with target.open("wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
    return target


def _reason(error: BaseException) -> str:
    if isinstance(error, EOFError):
        return "it ends in the middle of its compressed data (truncated)"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
