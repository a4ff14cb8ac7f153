"""What a start would find on this machine, looked at without changing anything."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ArtifactError, ExpectedError
from core.server.artifacts import count_wrong
from core.server.home import Home
from core.server.jars import read_lock
from core.server.java import find_java
from core.server.process import Status, status
from core.server.resources import (
    GIB,
    LEAST_DISK_BYTES,
    MIB,
    check_disk,
    choose_ports,
    disk_free,
    plan_memory,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.server.config import ServerConfig


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, or what is wrong and what to do."""

    name: str
    ok: bool
    detail: str


def doctor(config: ServerConfig) -> list[Check]:
    """Looks at everything a start depends on and says of each whether it is in order."""
    looks: dict[str, Callable[[ServerConfig], str]] = {
        "java": _java,
        "jars": _jars,
        "disk": _disk,
        "home": _home,
        "store": _store,
    }
    now = status(config)
    if now.pid is None:
        looks |= {"memory": _memory, "ports": _ports}
    checks = [_look(name, look, config) for name, look in looks.items()]
    return [*checks, _server(now)]


def _look(name: str, look: Callable[[ServerConfig], str], config: ServerConfig) -> Check:
    try:
        return Check(name, ok=True, detail=look(config))
    except ExpectedError as error:
        return Check(name, ok=False, detail=str(error))


def _server(now: Status) -> Check:
    if now.running:
        detail = f"Neo4j {now.version} with GDS {now.gds_version} answers at {now.uri}"
    elif now.pid is None:
        detail = "not running"
    else:
        detail = f"process {now.pid} runs and does not answer"
    return Check("server", ok=now.running or now.pid is None, detail=detail)


def _java(config: ServerConfig) -> str:
    java = find_java(config.java_home, config.system_java_home)
    return f"Java {java.major}: {java.executable}"


def _jars(config: ServerConfig) -> str:
    lock = read_lock()
    if not str(config.cache).isascii():
        raise ArtifactError(
            f"Neo4j Browser is not shown out of {config.cache}, because of its letters; the "
            "database works.",
            "Set LEDGERGRAPH_CACHE to a path in plain ASCII.",
        )
    if wrong := count_wrong(config.cache, lock):
        return f"{wrong} of {len(lock.jars)} will be downloaded at the next start"
    return f"{len(lock.jars)} verified in {config.cache / lock.name}"


def _disk(config: ServerConfig) -> str:
    check_disk(config.home, LEAST_DISK_BYTES)
    return f"{disk_free(config.home) / GIB:.1f} GiB free at {config.home}"


def _home(config: ServerConfig) -> str:
    if not config.home.exists():
        return f"{config.home} will be made at the first start"
    mode = stat.S_IMODE(config.home.stat().st_mode)
    return f"{config.home}, mode {mode:04o}"


def _store(config: ServerConfig) -> str:
    home = Home(config.home)
    home.check_store(read_lock().neo4j)
    if not home.has_store:
        return "none yet"
    home.check_password()
    return "fits the server"


def _memory(config: ServerConfig) -> str:
    memory = plan_memory(config)
    return f"{memory.heap // MIB} MiB heap, {memory.pagecache // MIB} MiB page cache"


def _ports(config: ServerConfig) -> str:
    ports = choose_ports(config.ports)
    return f"{ports.bolt} (Bolt) and {ports.http} (HTTP) are free"
