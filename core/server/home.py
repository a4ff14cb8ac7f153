"""The home folder of one embedded server: rights, password, lock and what is recorded about it.

<home>/password       the generated password, mode 0600
<home>/store.json     version of the server that wrote the store
<home>/server.json    process and ports of the running server
<home>/lock           held while a command starts, stops or works on the store
<home>/conf data import logs tmp   Neo4j's own folders
"""

from __future__ import annotations

import json
import re
import secrets
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import psutil
from filelock import FileLock, Timeout

from core.errors import ServerError, StartError, StoreVersionError
from core.server.resources import Ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


ENTRY_POINT = "org.neo4j.server.CommunityEntryPoint"
# The system clock may be corrected between two looks at the same process.
_SAME_START_SECONDS = 5.0
_LISTEN = re.compile(r"^server\.(bolt|http)\.listen_address=.*:(\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Record:
    """The running server as the command that started it wrote it down."""

    pid: int
    create_time: float
    bolt_port: int
    http_port: int


@dataclass(frozen=True, slots=True)
class Home:
    """Paths and records of one home folder."""

    path: Path

    @property
    def password_file(self) -> Path:
        """File that holds the password and nothing else."""
        return self.path / "password"

    @property
    def conf(self) -> Path:
        """The server's configuration file."""
        return self.path / "conf" / "neo4j.conf"

    @property
    def log(self) -> Path:
        """The server's own log; its start is announced here."""
        return self.path / "logs" / "neo4j.log"

    @property
    def console(self) -> Path:
        """What Java prints before the server's log is open."""
        return self.path / "logs" / "console.log"

    @property
    def has_store(self) -> bool:
        """Whether a server has written into this home before."""
        return (self.path / "data" / "databases").is_dir()

    @property
    def _record_file(self) -> Path:
        return self.path / "server.json"

    @property
    def _store_file(self) -> Path:
        return self.path / "store.json"

    def prepare(self) -> None:
        """Makes the folders, closed to other users.

        Raises:
            ServerError: The home cannot be made or closed.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Neo4j writes the password's hash world-readable: the folder has to be closed.
            self.path.chmod(0o700)
            for name in ("conf", "data", "import", "logs", "tmp"):
                (self.path / name).mkdir(exist_ok=True)
        except OSError as error:
            raise ServerError(
                f"The home folder {self.path} cannot be used: {error}.",
                "Set LEDGERGRAPH_HOME to a folder of your own.",
            ) from error

    @contextmanager
    def held(self, timeout_seconds: float) -> Iterator[None]:
        """Keeps other commands from starting, stopping or changing this home's server.

        A thread that holds it may take it again.

        Raises:
            StartError: Another command held it for the whole time.
        """
        self.prepare()
        lock = FileLock(self.path / "lock", mode=0o600, is_singleton=True)
        try:
            lock.acquire(timeout=timeout_seconds)
        except Timeout as error:
            raise StartError(
                f"Another command has been working on {self.path} for {timeout_seconds:.0f} s.",
                "Wait until it is done, or end it, and run the command again.",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def link_plugins(self, folder: Path) -> None:
        """Makes the GDS jars of the cache the plugins of this home."""
        link = self.path / "plugins"
        if link.is_symlink():
            link.unlink()
        try:
            link.symlink_to(folder, target_is_directory=True)
        except OSError as error:
            raise ServerError(
                f"{link} cannot be made: {error}.", f"Remove {link} and run the command again."
            ) from error

    def check_password(self) -> None:
        """Refuses to go on without the password of an existing database.

        Raises:
            StartError: The password file is gone.
        """
        if not self.password_file.exists():
            raise StartError(
                f"The password file {self.password_file} is missing.",
                f"Put it back, or remove {self.path} to start with an empty database.",
            )

    def ensure_password(self) -> bool:
        """Makes a password where there is none and tells whether the server still has to learn it.

        Raises:
            StartError: There is a database and its password is gone.
        """
        is_first_start = not (self.path / "data" / "databases" / "system").is_dir()
        if not is_first_start:
            self.check_password()
        elif not self.password_file.exists():
            _write_private(self.password_file, secrets.token_hex(24))
        self.password_file.chmod(0o600)
        return is_first_start

    def check_store(self, version: str) -> None:
        """Refuses a store that this version must not open.

        Later patches of the same minor version may open it, earlier ones and other ones may not.

        Raises:
            StoreVersionError: The store was written by another version, or nobody knows by which.
        """
        written = self._written_by()
        if written is not None and not _may_open(version, written):
            raise StoreVersionError(
                f"The store in {self.path} was written by {written} of Neo4j and this is "
                f"{version}.",
                "Set LEDGERGRAPH_HOME to another folder, or load the ledgers anew into an empty "
                "one.",
            )

    def claim_store(self, version: str) -> None:
        """Records which version is about to open the store."""
        _write_private(self._store_file, json.dumps({"neo4j": version}))

    def _written_by(self) -> str | None:
        try:
            return str(json.loads(self._store_file.read_text(encoding="utf-8"))["neo4j"])
        except FileNotFoundError:
            return "an unknown version" if self.has_store else None
        except (ValueError, KeyError, TypeError):
            return "an unreadable version"

    def record(self, process: psutil.Process, ports: Ports) -> None:
        """Writes down the server that was just started."""
        record = Record(process.pid, process.create_time(), ports.bolt, ports.http)
        _write_private(self._record_file, json.dumps(asdict(record)))

    def forget(self) -> None:
        """Removes the record of a server that is gone."""
        self._record_file.unlink(missing_ok=True)

    def recorded(self) -> Record | None:
        """Reads the record, if there is a readable one."""
        try:
            return Record(**json.loads(self._record_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def ports(self) -> Ports | None:
        """Where this home's server listens: recorded, or else as it was last configured."""
        if (record := self.recorded()) is not None:
            return Ports(record.bolt_port, record.http_port)
        try:
            found = dict(_LISTEN.findall(self.conf.read_text(encoding="utf-8")))
            return Ports(int(found["bolt"]), int(found["http"]))
        except (OSError, ValueError, KeyError):
            return None

    def process(self) -> psutil.Process | None:
        """Finds this home's server, by its record or else by its command line.

        A record alone proves nothing: the server may have been killed and its number given to
        another process since.
        """
        record = self.recorded()
        if record is not None and (process := self._same(record)) is not None:
            return process
        return next(filter(self._is_ours, psutil.process_iter()), None)

    def _same(self, record: Record) -> psutil.Process | None:
        try:
            process = psutil.Process(record.pid)
            moved = abs(process.create_time() - record.create_time)
        except (psutil.Error, ValueError):
            return None
        return process if moved < _SAME_START_SECONDS and self._is_ours(process) else None

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            line = process.cmdline()
            return (
                ENTRY_POINT in line
                and f"--home-dir={self.path}" in line
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False


def _may_open(version: str, written: str) -> bool:
    """Whether `version` is the one that wrote the store or a later patch of it."""
    try:
        new, old = ([int(part) for part in each.split(".")] for each in (version, written))
    except ValueError:
        return False
    return new[:2] == old[:2] and new >= old


def _write_private(path: Path, text: str) -> None:
    """Writes a file of mode 0600 that is there whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(path)
