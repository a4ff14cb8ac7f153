"""Waiting for the server to answer and to end; every wait has a deadline."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING

import psutil
from rich.console import Console

from core.errors import StartError
from core.server.home import Home
from core.server.probe import PasswordRefusedError, Versions, ask

if TYPE_CHECKING:
    from core.server.config import ServerConfig
    from core.server.resources import Ports

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.2
_REFUSAL_SECONDS = 10.0
_KILL_SECONDS = 10.0
_LOG_LINES = 15


def await_answer(
    config: ServerConfig, process: psutil.Process, ports: Ports, log_start: int = 0
) -> Versions:
    """Waits until GDS answers.

    Args:
        config: The server's settings, the deadline among them.
        process: The server.
        ports: Where it listens.
        log_start: Where this start begins in the server's log.

    Raises:
        StartError: The process ended, or did not answer in time; the reason from its log is told.
    """
    home = Home(config.home)
    home.check_password()
    deadline = time.monotonic() + config.start_timeout_seconds
    refused_since: float | None = None
    with Console(stderr=True, quiet=config.quiet).status("Starting Neo4j"):
        while time.monotonic() < deadline:
            try:
                if (versions := ask(ports.http, home.password_file)) is not None:
                    return versions
                refused_since = None
            except PasswordRefusedError:
                # While it comes up, a server refuses everybody for a moment.
                refused_since = refused_since or time.monotonic()
                if time.monotonic() > refused_since + _REFUSAL_SECONDS:
                    raise
            if _is_gone(process):
                raise StartError(
                    "The server ended while it was starting.", _log_tail(home, log_start)
                )
            time.sleep(_POLL_SECONDS)
    raise StartError(
        f"The server did not answer within {config.start_timeout_seconds:.0f} s.",
        f"Stop it with 'ledgergraph down' and try again. {_log_tail(home, log_start)}",
    )


def stop(process: psutil.Process, timeout_seconds: float) -> bool:
    """Asks the server to stop, kills it when it does not, and tells whether it was killed."""
    try:
        process.terminate()
        process.wait(timeout_seconds)
    except psutil.NoSuchProcess:
        return False
    except psutil.TimeoutExpired:
        _log.warning("The server did not stop within %.0f s and was killed", timeout_seconds)
        process.kill()
        process.wait(_KILL_SECONDS)
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


def _log_tail(home: Home, start: int) -> str:
    """Picks the lines that say why: errors and their causes, or else the last ones."""
    text = ""
    for path, offset in ((home.console, 0), (home.log, start)):
        if path.exists():
            text += path.read_bytes()[offset:].decode("utf-8", errors="replace")
    lines = text.splitlines()
    telling = [line for line in lines if "ERROR" in line or "Caused by" in line]
    return "\n".join(["Its log says:", *(telling or lines)[-_LOG_LINES:]])
