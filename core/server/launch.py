"""Command lines of the server's Java programs, and running them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import StartError
from core.server.home import ENTRY_POINT
from core.server.resources import MIB

if TYPE_CHECKING:
    from pathlib import Path

    from core.server.home import Home
    from core.server.java import Java
    from core.server.resources import Memory

_OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")
# On a small heap the barriers of G1 cost a third of a load's time, and full collections are short.
_SMALL_HEAP_MIB = 4096
_OPTIONS = (
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dfile.encoding=UTF-8",
    "-Dlog4j2.disable.jmx=true",
)
# Nothing of the caller's environment: variables such as JAVA_TOOL_OPTIONS change what runs.
_ENVIRONMENT = {"LANG": "C.UTF-8"}
_LEAST_HEAP_MIB = 256
_OUTPUT_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Launch:
    """All that is needed to run a Java program of the server on one home."""

    home: Home
    java: Java
    jars: Path
    memory: Memory

    def server(self) -> list[str]:
        """Command line of the server itself."""
        return [
            *self._java(),
            ENTRY_POINT,
            f"--home-dir={self.home.path}",
            f"--config-dir={self.home.conf.parent}",
        ]

    def _java(self, *first: Path) -> list[str]:
        heap = self.memory.heap // MIB
        scratch = self.home.path / "tmp"
        return [
            str(self.java.executable),
            f"-Xms{min(heap, _LEAST_HEAP_MIB)}m",
            f"-Xmx{heap}m",
            "-XX:+UseParallelGC" if heap <= _SMALL_HEAP_MIB else "-XX:+UseG1GC",
            *_OPTIONS,
            f"-Djava.io.tmpdir={scratch}",
            f"-Djna.tmpdir={scratch}",
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
            # GDS is refused when it lies in the plugins folder only or on the class path only.
            "-cp",
            ":".join(map(str, (*first, f"{self.jars}/server/*", f"{self.jars}/plugins/*"))),
        ]

    def spawn(self) -> int:
        """Starts the server in a session of its own, so that it outlives this process.

        Not by ``subprocess``: it watches over its children and warns when one outlives the handle.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        command = self.server()
        streams = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(self.home.console), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        try:
            return os.posix_spawn(
                command[0], command, _ENVIRONMENT, file_actions=streams, setsid=True
            )
        except OSError as error:
            raise StartError(f"{command[0]} cannot be run: {error}.") from error

    def admin(self, *arguments: str, timeout_seconds: float) -> str:
        """Runs a ``neo4j-admin`` command on the home and returns what it printed.

        Raises:
            StartError: It failed or took too long.
        """
        # In the Parquet import it stands in for most of Hadoop, so it must come before that jar.
        floor = (self.jars / "server").glob("parquet-floor-*.jar")
        command = [*self._java(*floor), "org.neo4j.cli.AdminTool", *arguments]
        environment = {
            **_ENVIRONMENT,
            "NEO4J_HOME": str(self.home.path),
            "NEO4J_CONF": str(self.home.conf.parent),
        }
        try:
            done = subprocess.run(  # noqa: S603 - the list is ours, no shell reads it
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=timeout_seconds,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            said = str(error.stdout).strip()[-_OUTPUT_CHARACTERS:]
            raise StartError(f"neo4j-admin {' '.join(arguments)} failed:\n{said}") from error
        except subprocess.TimeoutExpired as error:
            raise StartError(
                f"neo4j-admin {' '.join(arguments)} was ended after {timeout_seconds:.0f} s."
            ) from error
        except OSError as error:
            raise StartError(f"{self.java.executable} cannot be run: {error}.") from error
        return done.stdout
