"""Reads every `.cypher` file and checks the contract in its header.

A file is plain Cypher that can be pasted into Browser, below a header of comments::

    // Directed cycles of three accounts.            <- summary, one sentence, then free text
    //
    // mode    read                                  <- read, write or schema
    // shape   columns                               <- optional: each record is a chunk of columns
    // param   window: duration = P7D                <- one parameter a line, default optional
    // return  accounts: list[str], volume: float    <- may take several lines
    MATCH ...

Declared parameters and columns must be exactly those used, else the file does not load. The file
name is the query's name; the folder is its kind. With `shape columns` a query returns one list per
column, in one or more records, and its header names the types of the lists' elements; `Graph.read`
joins them into one frame (the fast way out for many rows). `param x: int = null` makes a parameter
optional.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from core.errors import ContractError, ParameterError, UnknownNameError
from cypher.values import TYPES, coerce

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

FOLDERS = ("exports", "features", "lookups", "migrations", "motifs", "rules", "writes")
MODES = ("read", "write", "schema")

_HEADER = re.compile(r"//\s*(mode|shape|param|return)\s+(.*)")
_PARAM = re.compile(r"(\w+):\s*([\w\[\]]+)(?:\s*=\s*(.+))?")
_COLUMN = re.compile(r"(\w+):\s*([\w\[\]]+)")
_USED = re.compile(r"\$(\w+)")
_LITERALS = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|//[^\n]*|/\*.*?\*/", re.DOTALL)
_REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; `default` is text as written, or None where it is `null`."""

    name: str
    type: str
    required: bool
    default: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """One `.cypher` file: its contract and its text."""

    name: str
    folder: str
    summary: str
    description: str
    mode: str
    columnar: bool
    parameters: tuple[Parameter, ...]
    columns: tuple[tuple[str, str], ...]
    text: str

    @property
    def path(self) -> str:
        """The file, from the project's root."""
        return f"cypher/{self.folder}/{self.name}.cypher"

    def bind(self, given: Mapping[str, object]) -> dict[str, object]:
        """Check and convert the given values; text is read as the declared type.

        Raises:
            ParameterError: a value is unknown, missing or of another type.
        """
        declared = {parameter.name: parameter for parameter in self.parameters}
        owner = f"{self.folder}/{self.name}"
        for name in given:
            if name not in declared:
                known = ", ".join(declared) or "none"
                raise ParameterError(owner, name, "is unknown", f"Known: {known}.")
        bound: dict[str, object] = {}
        for name, parameter in declared.items():
            value = given.get(name, parameter.default)
            if value is None and parameter.required:
                raise ParameterError(owner, name, "is missing")
            bound[name] = coerce(value, parameter.type, owner, name)
        return bound


def load(name: str) -> Query:
    """The query `folder/name`.

    Raises:
        UnknownNameError: there is no such file.
        ContractError: the file breaks its contract.
    """
    folder, _, stem = name.partition("/")
    known = names(folder)
    if stem not in known:
        raise UnknownNameError(folder.removesuffix("s"), stem, known)
    return _read(folder, stem)


@cache
def names(folder: str) -> tuple[str, ...]:
    """Names of the queries in a folder, in alphabetical order."""
    if folder not in FOLDERS:
        raise UnknownNameError("query folder", folder, FOLDERS)
    stems = (entry.name for entry in _directory(folder).iterdir())
    return tuple(sorted(s.removesuffix(".cypher") for s in stems if s.endswith(".cypher")))


@cache
def _read(folder: str, stem: str) -> Query:
    text = (_directory(folder) / f"{stem}.cypher").read_text(encoding="utf-8")
    return parse(text, folder, stem)


def _directory(folder: str) -> Traversable:
    return files("cypher") / folder


def parse(text: str, folder: str, name: str) -> Query:
    """Read a query's header and hold its promises against its body.

    Raises:
        ContractError: the header is malformed, or does not match the body.
    """
    path = f"cypher/{folder}/{name}.cypher"
    lines = text.splitlines()
    count = next((i for i, line in enumerate(lines) if not line.startswith("//")), len(lines))
    fields: dict[str, list[str]] = {"mode": [], "shape": [], "param": [], "return": []}
    prose: list[str] = []
    for line in lines[:count]:
        if match := _HEADER.fullmatch(line.strip()):
            fields[match[1]].append(match[2].strip())
        else:
            prose.append(line.removeprefix("//").strip())
    summary, _, description = "\n".join(prose).strip().partition("\n\n")
    summary = summary.replace("\n", " ")
    if not summary.endswith("."):
        raise ContractError(path, "the header must begin with a summary that ends in a full stop")
    mode = fields["mode"][0] if len(fields["mode"]) == 1 else ""
    if mode not in MODES:
        raise ContractError(path, f"the header must have one 'mode' out of {', '.join(MODES)}")
    if fields["shape"] not in ([], ["rows"], ["columns"]):
        raise ContractError(path, "'shape' is rows or columns")
    body = "\n".join(lines[count:]).strip()
    query = Query(
        name=name,
        folder=folder,
        summary=summary,
        description=description.strip(),
        mode=mode,
        columnar=fields["shape"] == ["columns"],
        parameters=tuple(_parameter(path, entry) for entry in fields["param"]),
        columns=_columns(path, fields["return"]),
        text=body,
    )
    _check(path, query)
    return query


def _parameter(path: str, entry: str) -> Parameter:
    match = _PARAM.fullmatch(entry)
    if match is None or match[2] not in TYPES:
        raise ContractError(path, f"cannot read 'param {entry}'; types: {', '.join(TYPES)}")
    default = match[3].strip() if match[3] is not None else None
    return Parameter(match[1], match[2], match[3] is None, None if default == "null" else default)


def _columns(path: str, entries: list[str]) -> tuple[tuple[str, str], ...]:
    joined = ", ".join(entry.rstrip(",") for entry in entries)
    columns = [part.strip() for part in joined.split(",") if part.strip()]
    matches = [_COLUMN.fullmatch(column) for column in columns]
    bad = [c for c, m in zip(columns, matches, strict=True) if m is None or m[2] not in TYPES]
    if bad:
        raise ContractError(path, f"cannot read 'return {bad[0]}'; types: {', '.join(TYPES)}")
    return tuple((match[1], match[2]) for match in matches if match is not None)


def _check(path: str, query: Query) -> None:
    bare = _LITERALS.sub(" ", query.text)
    used = set(_USED.findall(bare))
    declared = {parameter.name for parameter in query.parameters}
    if used != declared:
        odd = ", ".join(f"${name}" for name in sorted(used ^ declared))
        raise ContractError(path, f"declared and used parameters differ: {odd}")
    promised = [name for name, _ in query.columns]
    for returned in returned_columns(bare):
        if returned != promised:
            reason = f"returns {returned}, its header promises {promised}"
            raise ContractError(path, reason)


def returned_columns(text: str) -> list[list[str]]:
    """Names of the columns of each top-level RETURN of a query without comments and strings."""
    depth, start, found = 0, None, []
    for match in re.finditer(r"[(\[{]|[)\]}]|\bRETURN\b|\bUNION\b|;|\Z", text, re.IGNORECASE):
        mark = match[0].upper()
        if mark and mark in "([{":
            depth += 1
        elif mark and mark in ")]}":
            depth -= 1
        elif depth == 0 and mark == "RETURN":
            start = match.end()
        elif depth == 0 and start is not None:
            found.append(_aliases(text[start : match.start()]))
            start = None
    return found or [[]]


def _aliases(clause: str) -> list[str]:
    clause = re.split(r"\b(?:ORDER\s+BY|SKIP|LIMIT)\b", clause, flags=re.IGNORECASE)[0]
    clause = re.sub(r"^\s*DISTINCT\b", "", clause, flags=re.IGNORECASE)
    depth, parts = 0, [""]
    for character in clause:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [re.split(r"\bAS\b", part, flags=re.IGNORECASE)[-1].strip() for part in parts]
