"""What the machine has for the server: memory, disk and ports."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from core.errors import ParameterError, PortInUseError, ResourceError

if TYPE_CHECKING:
    from core.server.config import ServerConfig

MIB = 1 << 20
GIB = 1 << 30
LEAST_DISK_BYTES = 2 * GIB
LOOPBACK = "127.0.0.1"

# What the Java process takes beside heap and page cache: code, threads, network buffers.
_OVERHEAD_BYTES = 400 * MIB
_LEAST_HEAP_BYTES = 512 * MIB
_LEAST_PAGECACHE_BYTES = 128 * MIB
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_SIZE = re.compile(r"(\d+)([kmg])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the server listens on the loopback address; 0 stands for any free port."""

    bolt: int
    http: int


@dataclass(frozen=True, slots=True)
class Memory:
    """How much the server may take, in bytes."""

    heap: int
    pagecache: int
    transaction: int

    @property
    def total(self) -> int:
        """All that the process is expected to take."""
        return self.heap + self.pagecache + _OVERHEAD_BYTES


def plan_memory(config: ServerConfig) -> Memory:
    """Sizes the server by the machine, about an eighth of it, except where the settings say.

    On 24 GiB that is 1.5 GiB of heap and 0.75 GiB of page cache.

    Raises:
        ResourceError: It does not fit into the memory that is available now.
    """
    total, available = machine_memory()
    heap = min(max(total // 16, min(GIB, total // 4)), 16 * GIB)
    pagecache = min(max(total // 32, 256 * MIB), 8 * GIB)
    if (short := heap + pagecache + _OVERHEAD_BYTES - available) > 0:
        heap = max(heap - short, _LEAST_HEAP_BYTES)
        pagecache = min(pagecache, max(available - heap - _OVERHEAD_BYTES, _LEAST_PAGECACHE_BYTES))
    heap = _bytes("LEDGERGRAPH_HEAP", config.heap) or heap
    pagecache = _bytes("LEDGERGRAPH_PAGECACHE", config.pagecache) or pagecache
    transaction = _bytes("LEDGERGRAPH_TRANSACTION_MEMORY", config.transaction_memory) or heap // 2
    memory = Memory(heap, pagecache, min(transaction, heap))
    if memory.total > available:
        raise ResourceError(
            f"The server needs {memory.total // MIB} MiB of memory and {available // MIB} MiB are "
            "available.",
            "Close other programs, or set LEDGERGRAPH_HEAP and LEDGERGRAPH_PAGECACHE lower "
            f"(at least {_LEAST_HEAP_BYTES // MIB}m and {_LEAST_PAGECACHE_BYTES // MIB}m).",
        )
    return memory


def machine_memory() -> tuple[int, int]:
    """Returns total and available bytes, of the container where it has less than the machine."""
    machine = psutil.virtual_memory()
    total, available = machine.total, machine.available
    for path in _CGROUP_LIMITS:
        try:
            limit = int(path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        total, available = min(total, limit), min(available, limit)
    return total, available


def _bytes(setting: str, size: str | None) -> int | None:
    """Reads a size such as 512m or 2g."""
    if size is None:
        return None
    if not (match := _SIZE.fullmatch(size.strip())):
        raise ParameterError("Server", setting, f"is '{size}', not a size such as 512m or 2g")
    return int(match[1]) << {"k": 10, "m": 20, "g": 30}[match[2].lower()]


def check_disk(folder: Path, wanted_bytes: int) -> None:
    """Refuses a file system without room, going by the nearest folder that exists.

    Raises:
        ResourceError: Less is free than wanted.
    """
    free = disk_free(folder)
    if free < wanted_bytes:
        raise ResourceError(
            f"{folder} has {free // MIB} MiB free and {wanted_bytes // MIB} MiB are needed.",
            "Make room, or set LEDGERGRAPH_HOME and LEDGERGRAPH_CACHE to another disk.",
        )


def disk_free(folder: Path) -> int:
    """Returns the free bytes of the file system that `folder` is or would be on."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return psutil.disk_usage(str(existing)).free


def choose_ports(wanted: Ports) -> Ports:
    """Replaces each 0 by a free port and refuses ports that are taken.

    Raises:
        PortInUseError: Something listens on a port that was asked for.
    """
    named = {"LEDGERGRAPH_BOLT_PORT": wanted.bolt, "LEDGERGRAPH_HTTP_PORT": wanted.http}
    for setting, port in named.items():
        if port and not is_free(port):
            raise PortInUseError(port, setting)
    # Both are held open together, or the same port could be picked twice.
    with socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.bind((LOOPBACK, 0))
        bolt, http = wanted.bolt or first.getsockname()[1], wanted.http or second.getsockname()[1]
    return Ports(bolt, http)


def is_free(port: int) -> bool:
    """Tells whether the server could listen on a port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((LOOPBACK, port)) == 0:
            return False
    with socket.socket() as probe:
        # A port that waits out its last connections can be listened on, and Java does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
