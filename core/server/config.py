"""What can be set about the embedded server, and the hardened ``neo4j.conf`` made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from core.server.resources import LOOPBACK, MIB, Ports

if TYPE_CHECKING:
    from core.server.resources import Memory

_CONF = """\
# Written by ledgergraph at every start: changes made here are lost.

# Reachable from this machine only.
server.default_listen_address={loopback}
server.bolt.listen_address={loopback}:{bolt}
server.bolt.advertised_address={loopback}:{bolt}
server.http.listen_address={loopback}:{http}
server.http.advertised_address={loopback}:{http}
server.https.enabled=false
dbms.security.auth_enabled=true
dbms.security.http_access_control_allow_origin=http://{loopback}:{http}

# By default LOAD CSV reads any file and calls any host, even in a read transaction.
server.directories.import=import
dbms.security.allow_csv_import_from_file_urls=false
internal.dbms.cypher_ip_blocklist=0.0.0.0/0,::/0

# GDS needs the internals of the store; nothing else is loaded.
server.directories.plugins=plugins
dbms.security.procedures.unrestricted=gds.*
dbms.security.procedures.allowlist=gds.*

# Nothing is sent home.
dbms.usage_report.enabled=false
client.allow_telemetry=false

# Limits, so that one statement cannot take the whole server down.
server.memory.pagecache.size={pagecache_mib}m
db.memory.transaction.max={transaction_mib}m
dbms.memory.transaction.total.max={transactions_mib}m
db.transaction.timeout={transaction_timeout}s
db.tx_log.rotation.retention_policy=512M size

# An idle server stops in two seconds instead of twelve; running transactions still get their ten.
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
internal.server.bolt.thread_pool_shutdown_wait_time=500ms

server.config.strict_validation.enabled=true
"""


def default_home() -> Path:
    """The platform's folder for a user's data: database, password, logs."""
    return Path(platformdirs.user_data_dir("ledgergraph", appauthor=False))


def default_cache() -> Path:
    """The platform's folder for what can be downloaded again: the server's jars."""
    return Path(platformdirs.user_cache_dir("ledgergraph", appauthor=False))


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Everything that can be set about the embedded server.

    Attributes:
        home: Folder of the database; one server per home.
        cache: Folder of the jars, shared by homes.
        bolt_port: Port of the Bolt protocol, or 0 for any free one.
        http_port: Port of Neo4j Browser, or 0 for any free one.
        heap: Java heap such as ``2g``; by the machine's memory when not given.
        pagecache: Page cache such as ``512m``; by the machine's memory when not given.
        transaction_memory: Most that one transaction may take; half of the heap when not given.
        java_home: Java 17 or 21 to use; one that is neither is an error.
        system_java_home: The machine's usual Java (``JAVA_HOME``); passed over when unsuitable.
        start_timeout_seconds: Longest wait until GDS answers.
        stop_timeout_seconds: Longest wait for an orderly stop before the server is killed.
        transaction_timeout_seconds: Limit of transactions that set none themselves.
        replan_seconds: How long plans of queries are kept whatever happens to the graph; as the
            server does it (10) when not given. Plans of an empty graph may be slow on a large one.
        quiet: Show no progress on stderr.
    """

    home: Path = field(default_factory=default_home)
    cache: Path = field(default_factory=default_cache)
    bolt_port: int = 7687
    http_port: int = 7474
    heap: str | None = None
    pagecache: str | None = None
    transaction_memory: str | None = None
    java_home: Path | None = None
    system_java_home: Path | None = None
    start_timeout_seconds: float = 180.0
    stop_timeout_seconds: float = 60.0
    transaction_timeout_seconds: int = 900
    replan_seconds: int | None = None
    quiet: bool = False

    def __post_init__(self) -> None:
        # The home is part of the server's command line, by which it is recognised later.
        object.__setattr__(self, "home", self.home.expanduser().resolve())
        object.__setattr__(self, "cache", self.cache.expanduser().resolve())

    @property
    def ports(self) -> Ports:
        """The ports as they were asked for."""
        return Ports(self.bolt_port, self.http_port)


def render(config: ServerConfig, ports: Ports, memory: Memory) -> str:
    """Writes the text of ``neo4j.conf``.

    The heap is not in it: only Neo4j's own launcher reads it there, so it is on the command line.
    No absolute path is in it either: Neo4j misreads one that is not plain ASCII.
    """
    text = _CONF.format(
        loopback=LOOPBACK,
        bolt=ports.bolt,
        http=ports.http,
        pagecache_mib=memory.pagecache // MIB,
        transaction_mib=memory.transaction // MIB,
        transactions_mib=max(memory.transaction, memory.heap * 7 // 10) // MIB,
        transaction_timeout=config.transaction_timeout_seconds,
    )
    if config.replan_seconds is not None:
        text += f"\ndbms.cypher.min_replan_interval={config.replan_seconds}s\n"
    return text
