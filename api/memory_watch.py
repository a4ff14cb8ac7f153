"""Memory and disk of a piece of work: peaks of this process, the server and the offline import."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.server import ServerConfig

Result = TypeVar("Result")

_MB = 1_000_000
_SECONDS = 0.05
_IMPORT = "org.neo4j.cli.AdminTool"


@dataclass(slots=True)
class Memory:
    """Peaks of resident memory in bytes; what never ran is zero."""

    python: int = 0
    server: int = 0
    importing: int = 0
    store: int = 0
    transfers: int = 0

    def facts(self) -> dict[str, int]:
        """As columns of a row of `bench`.

        Only a store that was just imported is told by transfer: others hold earlier loads too.
        """
        told = self.transfers if self.importing else 0
        return {
            "python_mb": self.python // _MB,
            "server_mb": self.server // _MB,
            "import_mb": self.importing // _MB,
            "store_bytes_per_transfer": self.store // told if told else 0,
        }


def watch(
    server: ServerConfig, transfers: int, work: Callable[[], Result]
) -> tuple[Memory, Result]:
    """Do some work and look at the memory meanwhile, twenty times a second."""
    memory, ended = Memory(transfers=transfers), threading.Event()
    watcher = threading.Thread(target=_look, args=(memory, server, ended), daemon=True)
    watcher.start()
    try:
        result = work()
    finally:
        ended.set()
        watcher.join()
    databases = server.home / "data" / "databases" / "neo4j"
    memory.store = sum(
        path.stat().st_size
        for path in databases.rglob("*")
        if path.is_file() and not path.name.startswith("id-buffer")
    )
    return memory, result


def _look(memory: Memory, server: ServerConfig, ended: threading.Event) -> None:
    ourselves = psutil.Process()
    home = f"--home-dir={server.home}"
    java: list[tuple[bool, psutil.Process]] = []
    looks = 0
    while not ended.wait(_SECONDS):
        memory.python = max(memory.python, ourselves.memory_info().rss)
        # Java processes come and go with a bulk load; finding them is dear.
        if looks % 20 == 0:
            java = _java(home, ourselves)
        looks += 1
        for importing, process in java:
            try:
                used = process.memory_info().rss
            except psutil.Error:
                continue
            if importing:
                memory.importing = max(memory.importing, used)
            else:
                memory.server = max(memory.server, used)


def _java(home: str, ourselves: psutil.Process) -> list[tuple[bool, psutil.Process]]:
    """The server of a home, and the importers that this process has started."""
    children = {child.pid for child in ourselves.children()}
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
        except psutil.Error:
            continue
        if _IMPORT in line and process.pid in children:
            found.append((True, process))
        elif home in line:
            found.append((False, process))
    return found
