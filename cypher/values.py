"""The closed set of types in query headers, and the way between them, Polars and the driver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import polars as pl
from neo4j.time import DateTime, Duration

from core.errors import ParameterError
from core.times import parse_duration, parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

TYPES: dict[str, pl.DataType] = {
    "str": pl.String(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "bool": pl.Boolean(),
    "datetime": pl.Datetime("ms", "UTC"),
    "duration": pl.Duration("ms"),
    "list[str]": pl.List(pl.String()),
    "list[int]": pl.List(pl.Int64()),
    "list[float]": pl.List(pl.Float64()),
    "list[bool]": pl.List(pl.Boolean()),
    "list[list]": pl.Object(),
    "map": pl.Object(),
    "list[map]": pl.Object(),
    "any": pl.Object(),
}
"""Types a header may name; `list[list]`, `map`, `list[map]` and `any` go to or from the driver as
they are."""


def coerce(value: object, kind: str, owner: str, name: str) -> object:
    """Turn a value, or its text as written on a command line, into what the driver takes.

    Raises:
        ParameterError: the value is not of the declared type.
    """
    if value is None:
        return None
    try:
        return _COERCE[kind](value)
    except (TypeError, ValueError) as error:
        raise ParameterError(owner, name, f"is not of type {kind}: {value!r}") from error
    except ParameterError as error:
        raise ParameterError(owner, name, f"{error.reason}: {value!r}", error.remedy) from error


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _mapping(value: object) -> object:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise TypeError


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return parse_instant(_text(value))


def _span(value: object) -> timedelta:
    return value if isinstance(value, timedelta) else parse_duration(_text(value))


def _listing(item: Callable[[object], object]) -> Callable[[object], list[object]]:
    def read(value: object) -> list[object]:
        if isinstance(value, str):
            text = value.strip()
            entries = json.loads(text) if text.startswith("[") else text.split(",") if text else []
        elif isinstance(value, pl.Series):
            return value.to_list()
        elif isinstance(value, (list, tuple)):
            entries = value
        else:
            raise TypeError
        return [None if entry is None else item(entry) for entry in entries]

    return read


def _same(value: object) -> object:
    return value.to_list() if isinstance(value, pl.Series) else value


_COERCE: dict[str, Callable[[object], object]] = {
    "str": _text,
    "int": _integer,
    "float": _number,
    "bool": _truth,
    "datetime": _instant,
    "duration": _span,
    "list[str]": _listing(_text),
    "list[int]": _listing(_integer),
    "list[float]": _listing(_number),
    "list[bool]": _listing(_truth),
    "list[list]": _same,
    "map": _mapping,
    "list[map]": _same,
    "any": _same,
}


def frame(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> pl.DataFrame:
    """A frame of the declared columns from driver rows."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pl.DataFrame(
        [_series(name, kind, value) for (name, kind), value in zip(columns, values, strict=True)]
    )


def chunks(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> pl.DataFrame:
    """A frame from records that each hold one list per column."""
    schema = {name: TYPES[kind] for name, kind in columns}
    parts = [
        pl.DataFrame(
            [
                _series(name, kind, cast("Sequence[object]", value))
                for (name, kind), value in zip(columns, row, strict=True)
            ]
        )
        for row in rows
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _series(name: str, kind: str, values: Sequence[object]) -> pl.Series:
    if kind == "datetime":
        values = [v.to_native() if isinstance(v, DateTime) else v for v in values]
    elif kind == "duration":
        values = [_native_span(v) for v in values]
    return pl.Series(name, values, dtype=TYPES[kind], strict=True)


def _native_span(value: object) -> object:
    if not isinstance(value, Duration):
        return value
    return timedelta(days=value.days, seconds=value.seconds, microseconds=value.nanoseconds // 1000)
