"""A new store in the place of the live one: built while the server is stopped, tried, then kept.

Whatever fails, the database is what it was before and the server runs if it ran.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, TypeVar

from core.errors import ServerError
from core.server import stores
from core.server.home import Home
from core.server.process import admin, down, exclusive, up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.server.config import ServerConfig
    from core.server.process import Status

Checked = TypeVar("Checked")

_SECONDS = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Replaced(Generic[Checked]):
    """What the check of the new store found, and how long each step took."""

    found: Checked
    stop_seconds: float
    build_seconds: float
    start_seconds: float


def replace_store(
    config: ServerConfig,
    build: Callable[[], object],
    check: Callable[[Status], Checked],
    *,
    before: Callable[[], None] | None = None,
) -> Replaced[Checked]:
    """Build a store, put it in the place of the live one, start the server and check it.

    The server comes up on the ports it had. When the store cannot be built, or the server does not
    come up with it, or `check` fails, the database is what it was before.

    Args:
        config: the home.
        build: makes the database `stores.STAGED`; the server is stopped.
        check: told the running server.
        before: called last before the server is stopped; what it raises ends it all.

    Raises:
        ServerError: The server cannot be stopped or started.
    """
    home = Home(config.home)
    with exclusive(config):
        if before is not None:
            before()
        clock = [time.monotonic()]
        if home.process() is not None and (ports := home.ports()) is not None:
            config = replace(config, bolt_port=ports.bolt, http_port=ports.http)
        down(config)
        clock.append(time.monotonic())
        stores.mend(home)
        stores.forget_kept(home)
        try:
            stores.discard_staged(home)
            build()
            clock.append(time.monotonic())
            found = _try(config, home, check)
            clock.append(time.monotonic())
        except BaseException:
            stores.discard_staged(home)
            # Why it failed matters more than that the old database does not start either.
            with suppress(ServerError):
                up(config)
            raise
        stores.forget_kept(home)
    steps = [end - begin for begin, end in pairwise(clock)]
    return Replaced(found, *steps)


def _try(config: ServerConfig, home: Home, check: Callable[[Status], Checked]) -> Checked:
    try:
        stores.swap(home)
        return check(up(config))
    except BaseException:
        down(config)
        stores.put_back(home)
        raise


def import_store(
    config: ServerConfig, nodes: Sequence[tuple[str, Path]], transfers: Sequence[tuple[str, Path]]
) -> str:
    """Make the database `stores.STAGED` from Parquet files whose columns are Neo4j's headers.

    Args:
        config: a home whose server is stopped.
        nodes: label and file.
        transfers: relationship type and file.

    Returns:
        What the importer said.

    Raises:
        StartError: The import failed; its output is in the message.
    """
    report = Home(config.home).path / "tmp" / "import.report"
    try:
        return admin(
            config,
            *("database", "import", "full", stores.STAGED, "--input-type=parquet"),
            *("--overwrite-destination=true", "--bad-tolerance=0", f"--report-file={report}"),
            *(f"--nodes={label}={file}" for label, file in nodes),
            *(f"--relationships={label}={file}" for label, file in transfers),
            timeout_seconds=_SECONDS,
        )
    finally:
        report.unlink(missing_ok=True)
