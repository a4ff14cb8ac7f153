"""The server's jars in the cache folder: verified at every start, fetched when they are not right.

One folder per lock file, shared by all homes. A jar appears in it by an atomic rename and only
after its SHA-256 was checked, so a download may be killed at any time and goes on where it was.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import ArtifactError
from core.server import maven
from core.server.jars import FOLDERS, Jar, Lock, sha256_of
from core.server.resources import check_disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Fetch = Callable[[str, Path], Path]

_THREADS = 16
_WAITS_SECONDS = (1.0, 3.0, 9.0)
_OTHER_DOWNLOAD_SECONDS = 1800.0
_RESUME = "What was downloaded is kept: run the command again to go on."


def ensure(
    cache: Path,
    lock: Lock,
    *,
    fetch: Fetch = maven.fetch,
    quiet: bool = False,
    waits_seconds: tuple[float, ...] = _WAITS_SECONDS,
) -> Path:
    """Returns the folder with every jar of `lock`, each of them verified just now.

    Args:
        cache: Folder that holds the jars of all versions.
        lock: What must be there.
        fetch: Downloads a coordinate into a folder; need not be trusted.
        quiet: Show no progress bar.
        waits_seconds: Pauses between the attempts for one jar.

    Raises:
        ArtifactError: A jar could not be downloaded, or is not the one that is locked.
        ResourceError: The disk has no room for the jars.
    """
    folder = cache / lock.name
    if set(str(folder)) & {os.pathsep, "*"}:
        raise ArtifactError(
            f"Java cannot load files from {folder}.",
            f"Set LEDGERGRAPH_CACHE to a path without '{os.pathsep}' and '*'.",
        )
    if not _wrong(folder, lock) and not _strangers(folder, lock):
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock", timeout=_OTHER_DOWNLOAD_SECONDS):
            for stranger in _strangers(folder, lock):
                stranger.unlink(missing_ok=True)
            if wrong := _wrong(folder, lock):
                check_disk(cache, 2 * sum(jar.size_bytes for jar in wrong))
                _download(folder, wrong, fetch, waits_seconds, quiet=quiet)
    except Timeout as error:
        raise ArtifactError(
            f"Another process has been downloading into {folder} for half an hour.",
            "End it and run the command again.",
        ) from error
    except OSError as error:
        raise ArtifactError(f"The server's files cannot be kept in {folder}: {error}.") from error
    return folder


def count_wrong(cache: Path, lock: Lock) -> int:
    """Counts the jars that a start would have to download."""
    return len(_wrong(cache / lock.name, lock))


def _wrong(folder: Path, lock: Lock) -> list[Jar]:
    """Lists the jars that are missing or not byte for byte the locked ones."""
    with ThreadPoolExecutor(_THREADS) as pool:
        right = pool.map(lambda jar: _is_right(folder / jar.path, jar), lock.jars)
        return [jar for jar, ok in zip(lock.jars, right, strict=True) if not ok]


def _is_right(path: Path, jar: Jar) -> bool:
    try:
        return path.stat().st_size == jar.size_bytes and sha256_of(path) == jar.sha256
    except OSError:
        return False


def _strangers(folder: Path, lock: Lock) -> list[Path]:
    """Lists jars nobody locked: the class path takes whatever lies in the folder."""
    known = {folder / jar.path for jar in lock.jars}
    return [path for name in FOLDERS for path in (folder / name).glob("*") if path not in known]


def _download(
    folder: Path, jars: list[Jar], fetch: Fetch, waits_seconds: tuple[float, ...], *, quiet: bool
) -> None:
    """Fetches jars side by side into a staging folder and moves each into place."""
    staging = folder / ".staging"
    shutil.rmtree(staging, ignore_errors=True)
    for name in (staging.name, *FOLDERS):
        (folder / name).mkdir(exist_ok=True)
    bar = Progress(
        TextColumn("Downloading Neo4j and GDS"),
        BarColumn(),
        TextColumn("{task.fields[files]} files"),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=quiet,
    )
    pool, enough = ThreadPoolExecutor(_THREADS), Event()
    try:
        with bar:
            total = sum(jar.size_bytes for jar in jars)
            task = bar.add_task("", total=total, files=f"0/{len(jars)}")
            jobs = [pool.submit(_place, folder, jar, fetch, waits_seconds, enough) for jar in jars]
            for number, (jar, job) in enumerate(zip(jars, jobs, strict=True), start=1):
                job.result()
                bar.update(task, advance=jar.size_bytes, files=f"{number}/{len(jars)}")
    finally:
        enough.set()
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(staging, ignore_errors=True)


def _place(
    folder: Path, jar: Jar, fetch: Fetch, waits_seconds: tuple[float, ...], enough: Event
) -> None:
    """Fetches one jar, several times if need be, and renames it into place once it is right.

    Gives up early once it is known to be `enough`, because another jar failed for good.
    """
    reason, cause = "", None
    for wait in (0.0, *waits_seconds):
        if enough.wait(wait):
            return
        try:
            path = fetch(jar.coordinate, folder / ".staging")
        except (OSError, RuntimeError) as error:
            reason, cause = f"could not be downloaded: {error}", error
            continue
        if _is_right(path, jar):
            path.replace(folder / jar.path)
            return
        reason = f"has SHA-256 {sha256_of(path)}, the lock file says {jar.sha256}"
    raise ArtifactError(f"{jar.coordinate} {reason}.", _RESUME) from cause
