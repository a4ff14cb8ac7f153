"""Starts, finds and stops the embedded server of one home."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from core.errors import StartError
from core.server import artifacts, stores
from core.server.config import render
from core.server.home import Home
from core.server.jars import read_lock
from core.server.java import find_java
from core.server.launch import Launch
from core.server.probe import USER, PasswordRefusedError, Versions, ask
from core.server.resources import (
    LEAST_DISK_BYTES,
    LOOPBACK,
    Ports,
    check_disk,
    choose_ports,
    plan_memory,
)
from core.server.waiting import await_answer, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.server.config import ServerConfig

_ADMIN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Status:
    """The embedded server as a caller needs it.

    Attributes:
        uri: Bolt address.
        browser: Address of Neo4j Browser.
        user: Name to log in with.
        password_file: File that holds the password.
        version: Version of the running server, or of the one that would be started.
        gds_version: Likewise of GDS.
        running: Whether the server and GDS answer.
        pid: Process of the server, also while it does not answer yet.
        home: Folder of the database.
        started: Whether this very call started it.
        killed: Whether this very call had to kill it, because it did not stop in time.
    """

    uri: str
    browser: str
    user: str
    password_file: Path
    version: str
    gds_version: str
    running: bool
    pid: int | None
    home: Path
    started: bool = False
    killed: bool = False


def status(config: ServerConfig) -> Status:
    """Looks whether the server of this home runs and answers; changes nothing."""
    home = Home(config.home)
    process = home.process()
    ports = home.ports() or config.ports
    versions = _ask(home, ports) if process else None
    return _describe(config, ports, process, versions)


def up(config: ServerConfig) -> Status:
    """Returns the running server of this home, started now if it was not running.

    Fetches what is missing first. Two calls at once start one server and both return it.

    Raises:
        ServerError: One of its subclasses says what is in the way and what to do.
    """
    now, home = status(config), Home(config.home)
    if now.running and not stores.is_half_done(home):
        return now
    jars = artifacts.ensure(config.cache, read_lock(), quiet=config.quiet)
    with exclusive(config):
        process = home.process()
        if process is not None and stores.is_half_done(home):
            # Its store was not checked yet by the command that put it there and is gone.
            stop(process, config.stop_timeout_seconds)
            process = None
        if process is not None:
            ports = home.ports() or config.ports
            return _describe(config, ports, process, await_answer(config, process, ports))
        home.forget()
        stores.mend(home)
        ports = choose_ports(config.ports)
        launch = _configure(config, ports, jars)
        log_start = home.log.stat().st_size if home.log.exists() else 0
        process = psutil.Process(launch.spawn())
        try:
            home.record(process, ports)
            versions = await_answer(config, process, ports, log_start)
        except BaseException:
            # Also on Ctrl-C: a server that nobody waits for must not be left behind.
            stop(process, config.stop_timeout_seconds)
            home.forget()
            raise
        return _describe(config, ports, process, versions, started=True)


def down(config: ServerConfig) -> Status:
    """Stops the server of this home, if it runs, and returns once its process is gone."""
    home, killed = Home(config.home), False
    if home.path.is_dir():
        with exclusive(config):
            if (process := home.process()) is not None:
                killed = stop(process, config.stop_timeout_seconds)
            home.forget()
    return _describe(config, config.ports, None, None, killed=killed)


@contextmanager
def exclusive(config: ServerConfig) -> Iterator[None]:
    """Keeps other processes from starting or stopping the server while a block runs.

    `up`, `down` and `admin` may be called inside it.
    """
    with Home(config.home).held(config.start_timeout_seconds + config.stop_timeout_seconds):
        yield


def admin(config: ServerConfig, *arguments: str, timeout_seconds: float = _ADMIN_SECONDS) -> str:
    """Runs a ``neo4j-admin`` command on a home whose server is stopped, and returns its output.

    Raises:
        StartError: The server runs, or the command failed; its output is in the message.
    """
    jars = artifacts.ensure(config.cache, read_lock(), quiet=config.quiet)
    with exclusive(config):
        if Home(config.home).process() is not None:
            raise StartError(
                f"The server of {config.home} is running and its files must not be touched.",
                "Stop it with 'ledgergraph down' first.",
            )
        launch = _configure(config, config.ports, jars)
        return launch.admin(*arguments, timeout_seconds=timeout_seconds)


def _configure(config: ServerConfig, ports: Ports, jars: Path) -> Launch:
    """Checks the machine and the store and writes the configuration of a start."""
    home = Home(config.home)
    java = find_java(config.java_home, config.system_java_home)
    memory = plan_memory(config)
    check_disk(home.path, LEAST_DISK_BYTES)
    version = read_lock().neo4j
    home.check_store(version)
    home.conf.write_text(render(config, ports, memory), encoding="utf-8")
    launch = Launch(home, java, jars, memory)
    home.link_plugins(jars / "plugins")
    home.claim_store(version)
    if home.ensure_password():
        _teach_password(launch)
    return launch


def _teach_password(launch: Launch) -> None:
    """Sets the password of a server that was never started, by a file and not by an argument."""
    home = launch.home
    arguments = home.path / "tmp" / "arguments"
    arguments.unlink(missing_ok=True)
    arguments.touch(mode=0o600)
    try:
        password = home.password_file.read_text(encoding="ascii").strip()
        arguments.write_text(f"dbms\nset-initial-password\n{password}\n", encoding="ascii")
        launch.admin(f"@{arguments}", timeout_seconds=_ADMIN_SECONDS)
    finally:
        arguments.unlink(missing_ok=True)


def _ask(home: Home, ports: Ports) -> Versions | None:
    try:
        return ask(ports.http, home.password_file)
    except PasswordRefusedError:
        return None


def _describe(
    config: ServerConfig,
    ports: Ports,
    process: psutil.Process | None,
    versions: Versions | None,
    *,
    started: bool = False,
    killed: bool = False,
) -> Status:
    lock = read_lock()
    return Status(
        uri=f"bolt://{LOOPBACK}:{ports.bolt}",
        browser=f"http://{LOOPBACK}:{ports.http}/browser/",
        user=USER,
        password_file=Home(config.home).password_file,
        version=versions.neo4j if versions else lock.neo4j,
        gds_version=versions.gds if versions else lock.gds,
        running=versions is not None,
        pid=process.pid if process else None,
        home=config.home,
        started=started,
        killed=killed,
    )
