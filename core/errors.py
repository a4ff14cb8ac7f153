"""Every error that LedgerGraph raises on purpose.

    LedgerGraphError
    ├── ExpectedError                 shown as it is, on the command line and by the API
    │   ├── UsageError                wrong use: exit code 2
    │   │   ├── LimitError            a request beyond a limit of the API
    │   │   ├── UnknownNameError      no such format, motif, job, model, ...
    │   │   └── ParameterError        a parameter that is unknown, missing or of the wrong type
    │   ├── InputError                a file that cannot be read or does not hold what it should
    │   │   ├── MissingPathError
    │   │   ├── UnreadableError
    │   │   ├── FormatError           the content is not the format's
    │   │   ├── MappingError
    │   │   └── RejectedRowsError     more rejected rows than allowed
    │   ├── ServerError               the embedded database as a process
    │   │   ├── ArtifactError
    │   │   ├── JavaError
    │   │   ├── PortInUseError
    │   │   ├── ResourceError         too little memory or disk
    │   │   ├── StoreVersionError
    │   │   └── StartError
    │   ├── GraphError                what the database answered
    │   │   ├── UnreachableError
    │   │   ├── AuthenticationError
    │   │   ├── QueryTimeoutError
    │   │   └── QueryMemoryError
    │   ├── AccessError               what the API refuses
    │   │   ├── UnauthenticatedError  no key, or one that is wrong or revoked
    │   │   └── ForbiddenError        the key lacks the scope
    │   ├── NotFoundError             an account, run or model that is not there
    │   └── StateError                the graph is not in the state the command needs
    └── ContractError                 a file of ours that breaks its folder's contract (masked)

Each class takes the facts, keeps them as attributes and writes its own message.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class LedgerGraphError(Exception):
    """Root of the tree above."""

    exit_code = 1


class ExpectedError(LedgerGraphError):
    """An error whose text is meant for the person who caused it or can mend it."""

    code = "EXPECTED"

    def __init__(self, message: str, remedy: str | None = None) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}" if remedy else message)


class UsageError(ExpectedError):
    """The command or request was used in a way that cannot work."""

    code = "BAD_REQUEST"
    exit_code = 2


class UnknownNameError(UsageError):
    """A name that no file of the open folder carries."""

    code = "UNKNOWN_NAME"

    def __init__(self, kind: str, name: str, choices: Iterable[str]) -> None:
        self.kind, self.name, self.choices = kind, name, sorted(choices)
        close = get_close_matches(name, self.choices, n=1)
        hint = f"Did you mean '{close[0]}'? " if close else ""
        super().__init__(
            f"There is no {kind} named '{name}'.",
            f"{hint}Known: {', '.join(self.choices) or 'none'}.",
        )


class ParameterError(UsageError):
    """A parameter that is unknown, missing, or not of its declared type."""

    code = "BAD_PARAMETER"

    def __init__(self, owner: str, parameter: str, reason: str, remedy: str | None = None) -> None:
        self.owner, self.parameter, self.reason = owner, parameter, reason
        super().__init__(f"{owner}: parameter '{parameter}' {reason}.", remedy)


class LimitError(UsageError):
    """A request that goes beyond one of the API's limits."""

    code = "LIMIT"

    def __init__(self, what: str, limit: float, remedy: str | None = None) -> None:
        self.what, self.limit = what, limit
        super().__init__(f"The request has more than {limit:,} {what}.", remedy)


class InputError(ExpectedError):
    """An input file or folder that cannot be used."""

    code = "BAD_INPUT"


class MissingPathError(InputError):
    """A path that does not exist."""

    exit_code = 2

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} does not exist.", "Check the path and run the command again.")


class UnreadableError(InputError):
    """A file or folder that exists and cannot be read: rights, truncation, broken compression."""

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} cannot be read: {reason}.")


class FormatError(InputError):
    """A file that does not hold what its format needs."""

    def __init__(self, format_name: str, path: Path | str, reason: str) -> None:
        self.format_name, self.path, self.reason = format_name, path, reason
        super().__init__(f"{path} is not usable as '{format_name}': {reason}.")


class MappingError(InputError):
    """A mapping file that is missing, malformed, or does not fit the data."""

    exit_code = 2

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"Mapping {path}: {reason}.")


class RejectedRowsError(InputError):
    """More rows were rejected than `--max-rejects` allows."""

    def __init__(
        self, rejected: int, allowed: int, first: str, dead_letter: Path, batches: int
    ) -> None:
        self.rejected, self.allowed, self.dead_letter = rejected, allowed, dead_letter
        self.batches = batches
        kept = (
            f"The {batches} batch{'es' if batches != 1 else ''} written before "
            f"stay{'s' if batches == 1 else ''} in the graph."
            if batches
            else "Nothing was written."
        )
        super().__init__(
            f"{rejected} row{'s' if rejected != 1 else ''} rejected, {allowed} allowed; first: "
            f"{first}. {kept}",
            f"All of them are listed in {dead_letter}. Mend the file and load again, "
            "or raise --max-rejects.",
        )


class ServerError(ExpectedError):
    """The embedded database could not be set up, started or stopped."""

    code = "SERVER"


class ArtifactError(ServerError):
    """A server artifact that could not be fetched or whose SHA-256 is not the locked one."""


class JavaError(ServerError):
    """No usable Java 17 or 21."""


class PortInUseError(ServerError):
    """Another process listens on a port that the server needs."""

    def __init__(self, port: int, setting: str) -> None:
        self.port, self.setting = port, setting
        super().__init__(
            f"Port {port} is used by another process.",
            f"Stop it, or set {setting} to a free port.",
        )


class ResourceError(ServerError):
    """Too little memory or disk for the server."""


class StoreVersionError(ServerError):
    """The home holds a store written by another version of the server."""


class StartError(ServerError):
    """The server did not come up, or not in time."""


class GraphError(ExpectedError):
    """The database refused or failed a statement."""

    code = "GRAPH"


class UnreachableError(GraphError):
    """No database answers at the address."""

    code = "UNREACHABLE"

    def __init__(self, uri: str, reason: str) -> None:
        self.uri, self.reason = uri, reason
        super().__init__(
            f"No database answers at {uri}: {reason}.",
            "Start it with 'ledgergraph up', or check LEDGERGRAPH_NEO4J_URI.",
        )


class AuthenticationError(GraphError):
    """The database refused the user or password."""

    code = "AUTHENTICATION"

    def __init__(self, uri: str, user: str) -> None:
        self.uri, self.user = uri, user
        super().__init__(
            f"The database at {uri} refused the user '{user}'.",
            "Check LEDGERGRAPH_NEO4J_USER and LEDGERGRAPH_NEO4J_PASSWORD_FILE.",
        )


class QueryTimeoutError(GraphError):
    """A statement ran past its time limit and was ended by the database."""

    code = "TIMEOUT"

    def __init__(self, query: str, seconds: float) -> None:
        self.query, self.seconds = query, seconds
        super().__init__(
            f"'{query}' was ended after its limit of {seconds:g} s.",
            "Narrow the window or the limit, or allow more time.",
        )


class QueryMemoryError(GraphError):
    """A statement needed more memory than the database grants a transaction."""

    code = "MEMORY"

    def __init__(self, query: str) -> None:
        self.query = query
        super().__init__(
            f"'{query}' needs more memory than the database grants one transaction.",
            "Narrow the window or the limit, or raise LEDGERGRAPH_TRANSACTION_MEMORY.",
        )


class AccessError(ExpectedError):
    """A request that the API refuses to its caller."""

    code = "FORBIDDEN"


class UnauthenticatedError(AccessError):
    """A request without a key where one is needed, or with one that is wrong or revoked."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(
            "This needs a valid API key.",
            "Send it as 'Authorization: Bearer lg_...' or 'X-API-Key'; "
            "'ledgergraph keys create' makes one.",
        )


class ForbiddenError(AccessError):
    """A request whose key lacks the scope it needs."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"This needs an API key with the scope '{scope}'.")


class NotFoundError(ExpectedError):
    """An account, run or model that does not exist."""

    code = "NOT_FOUND"

    def __init__(self, kind: str, name: str, remedy: str | None = None) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"There is no {kind} '{name}'.", remedy)


class StateError(ExpectedError):
    """The graph is not in the state that the command needs."""

    code = "STATE"


class ContractError(LedgerGraphError):
    """A file in one of our open folders that does not keep the folder's contract."""

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}.")
