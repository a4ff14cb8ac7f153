"""The embedded Neo4j with GDS as a process: fetched, verified, configured, started, stopped.

Nothing is said to the database here beyond asking whether it answers; that is ``cypher``'s.
"""

from core.server.checks import Check, doctor
from core.server.config import ServerConfig, default_cache, default_home
from core.server.process import Status, admin, down, exclusive, status, up

__all__ = [
    "Check",
    "ServerConfig",
    "Status",
    "admin",
    "default_cache",
    "default_home",
    "doctor",
    "down",
    "exclusive",
    "status",
    "up",
]
