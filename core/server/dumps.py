"""The embedded database as one file: taken out of a home, and put back into one.

The server is stopped meanwhile. A restored store is loaded beside the present one and takes its
place by renaming; the present one is kept until the server has come up and was checked.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from core.errors import StartError, StateError, UnreadableError
from core.server import stores
from core.server.home import Home
from core.server.process import admin, down, exclusive, up
from core.server.replacement import replace_store
from core.server.stores import DATABASE, STAGED

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.server.config import ServerConfig
    from core.server.process import Status

Checked = TypeVar("Checked")

_SECONDS = 4 * 3600.0


def dump(config: ServerConfig, target: Path) -> int:
    """Write the database into a file, whole or not at all, and return its size in bytes.

    A server that ran is stopped and runs again at the end.

    Raises:
        StateError: the home holds no database.
        ServerError: the server cannot be stopped or started, or the dump failed.
    """
    home = Home(config.home)
    if not home.has_store:
        raise StateError(
            f"There is no database in {config.home} yet.", "Load a ledger first, or set "
            "LEDGERGRAPH_HOME."
        )  # fmt: skip
    with exclusive(config):
        was_running = home.process() is not None
        down(config)
        stores.mend(home)
        try:
            with TemporaryDirectory(prefix=".ledgergraph-dump-", dir=target.parent) as folder:
                arguments = ("database", "dump", DATABASE, f"--to-path={folder}")
                _run_recovered(config, *arguments)
                made = Path(folder) / f"{DATABASE}.dump"
                # It holds everything, the hashes of API keys too.
                made.chmod(0o600)
                size = made.stat().st_size
                made.replace(target)
        finally:
            if was_running:
                up(config)
    return size


def restore(config: ServerConfig, file: Path, check: Callable[[Status], Checked]) -> Checked:
    """Put a dump in the place of the database, start the server and return what `check` finds.

    When the file cannot be loaded, or the server does not come up with it, or `check` fails, the
    database is what it was before.

    Raises:
        UnreadableError: the file is no dump that this server can load.
        ServerError: the server cannot be stopped or started.
    """
    home = Home(config.home)
    return replace_store(config, lambda: _load(config, home, file), check).found


def _run_recovered(config: ServerConfig, *arguments: str) -> None:
    """Run an admin command, after a start and stop where a killed server left work undone."""
    try:
        admin(config, *arguments, timeout_seconds=_SECONDS)
    except StartError as error:
        if "recover" not in str(error).lower() and "logical log" not in str(error).lower():
            raise
        up(config)
        down(config)
        admin(config, *arguments, timeout_seconds=_SECONDS)


def _load(config: ServerConfig, home: Home, file: Path) -> None:
    with TemporaryDirectory(prefix="restore-", dir=home.path / "tmp") as folder:
        link = Path(folder) / f"{STAGED}.dump"
        link.symlink_to(file.resolve())
        try:
            admin(
                config,
                *("database", "load", STAGED, f"--from-path={folder}"),
                "--overwrite-destination=true",
                timeout_seconds=_SECONDS,
            )
        except StartError as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise UnreadableError(file, f"it is no dump of this server ({lines[-1]})") from error
