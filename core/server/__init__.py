"""The embedded Neo4j with GDS as a process: fetched, verified, configured, started, stopped.

Nothing is said to the database here beyond asking whether it answers; that is ``cypher``'s.
"""

from core.server.config import ServerConfig, default_cache, default_home
from core.server.process import Status, admin, down, exclusive, status, up

__all__ = [
    "ServerConfig",
    "Status",
    "admin",
    "default_cache",
    "default_home",
    "down",
    "exclusive",
    "status",
    "up",
]
