"""Starts, finds and stops the embedded server of one home."""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
from rich.console import Console

from core.errors import StartError
from core.server import artifacts
from core.server.config import Ports, render
from core.server.home import Home
from core.server.jars import read_lock
from core.server.java import find_java
from core.server.launch import Launch
from core.server.probe import USER, PasswordRefusedError, Versions, ask
from core.server.resources import (
    LEAST_DISK_BYTES,
    LOOPBACK,
    check_disk,
    choose_ports,
    plan_memory,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.server.config import ServerConfig

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.2
_REFUSAL_SECONDS = 10.0
_ADMIN_SECONDS = 120.0
_LOG_LINES = 15


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
    ports = _ports_of(home) or config.ports
    versions = _ask(home, ports) if process else None
    return _describe(config, ports, process, versions)


def up(config: ServerConfig) -> Status:
    """Returns the running server of this home, started now if it was not running.

    Fetches what is missing first. Two calls at once start one server and both return it.

    Raises:
        ServerError: One of its subclasses says what is in the way and what to do.
    """
    now = status(config)
    if now.running:
        return now
    jars = artifacts.ensure(config.cache, read_lock(), quiet=config.quiet)
    home = Home(config.home)
    with exclusive(config):
        process = home.process()
        if process is not None:
            ports = _ports_of(home) or config.ports
            return _describe(config, ports, process, _await(config, process, ports))
        home.forget()
        ports = choose_ports(config.ports)
        launch = _configure(config, ports, jars)
        process = psutil.Process(launch.spawn())
        try:
            home.record(process, ports)
            versions = _await(config, process, ports)
        except BaseException:
            # Also on Ctrl-C: a server that nobody waits for must not be left behind.
            _stop(process, config.stop_timeout_seconds)
            home.forget()
            raise
        return _describe(config, ports, process, versions, started=True)


def down(config: ServerConfig) -> Status:
    """Stops the server of this home, if it runs, and returns once its process is gone."""
    home, killed = Home(config.home), False
    if home.path.is_dir():
        with exclusive(config):
            if (process := home.process()) is not None:
                killed = _stop(process, config.stop_timeout_seconds)
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
    home.check_store(read_lock().neo4j)
    home.conf.write_text(render(config, ports, memory, jars / "plugins"), encoding="utf-8")
    launch = Launch(home, java, jars, memory)
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


def _await(config: ServerConfig, process: psutil.Process, ports: Ports) -> Versions:
    """Waits until GDS answers, the process ends, or the time is over."""
    home = Home(config.home)
    console = Console(stderr=True, quiet=config.quiet)
    deadline = time.monotonic() + config.start_timeout_seconds
    refused_until = None
    with console.status("Starting Neo4j"):
        while time.monotonic() < deadline:
            try:
                if (versions := ask(ports.http, home.password_file)) is not None:
                    return versions
                refused_until = None
            except PasswordRefusedError:
                # While it comes up, a server refuses everybody for a moment.
                refused_until = refused_until or time.monotonic() + _REFUSAL_SECONDS
                if time.monotonic() > refused_until:
                    raise
            if _is_gone(process):
                raise StartError("The server ended while it was starting.", _log_tail(home))
            time.sleep(_POLL_SECONDS)
    raise StartError(
        f"The server did not answer within {config.start_timeout_seconds:.0f} s.", _log_tail(home)
    )


def _stop(process: psutil.Process, timeout_seconds: float) -> bool:
    """Asks the server to stop, kills it when it does not, and tells whether it was killed."""
    try:
        process.terminate()
        process.wait(timeout_seconds)
    except psutil.NoSuchProcess:
        return False
    except psutil.TimeoutExpired:
        _log.warning("The server did not stop within %.0f s and was killed", timeout_seconds)
        process.kill()
        process.wait(_REFUSAL_SECONDS)
        return True
    return False


def _is_gone(process: psutil.Process) -> bool:
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return False
        os.waitpid(process.pid, os.WNOHANG)
    except (psutil.NoSuchProcess, ChildProcessError):
        pass
    return True


def _ports_of(home: Home) -> Ports | None:
    """Ports of the running server: recorded, or else read back from its configuration."""
    if (record := home.recorded()) is not None:
        return Ports(record.bolt_port, record.http_port)
    return None


def _ask(home: Home, ports: Ports) -> Versions | None:
    try:
        return ask(ports.http, home.password_file)
    except PasswordRefusedError:
        return None


def _log_tail(home: Home) -> str:
    """Picks the lines that say why: errors and their causes, or else the last ones."""
    lines = [
        line.rstrip()
        for path in (home.console, home.log)
        if path.exists()
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[-200:]
    ]
    telling = [line for line in lines if "ERROR" in line or "Caused by" in line]
    return "\n".join(["Its log says:", *(telling or lines)[-_LOG_LINES:]])


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
