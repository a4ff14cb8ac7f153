"""The entries of the schedule: which jobs run when, read from a YAML file and checked before use.

`api/schedule.yaml` is the schedule of those who name no other, and documents the keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import yaml

from core.errors import ExpectedError, FormatError, MissingPathError, UnreadableError, UsageError
from core.times import parse_duration
from gds_jobs import catalog
from gds_jobs.clock import Clock, Timing
from gds_jobs.job import RunSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gds_jobs.job import Parameters, Task

PAST_MONTH = "past month"
CATCH_UP = timedelta(hours=6)
_AS_OF = ("ledger", "due")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the schedule: a job, or a pipeline of jobs in their order.

    Attributes:
        window: reads only the last span; PAST_MONTH is the calendar month before `due`.
        as_of: `ledger` reads to the last transfer, `due` to the moment the entry is due.
        time_limit: longest time of one job; None is the job's own.
        attempts: how often a job is tried, and how often a run whose process died is repeated.
        enabled: where the entry is new in the graph; from then on the graph says.
    """

    name: str
    clock: Clock
    jobs: tuple[str, ...]
    network: str | None = None
    asset: str | None = None
    window: timedelta | str | None = None
    as_of: str = "ledger"
    parameters: Mapping[str, Parameters] = field(default_factory=dict)
    time_limit: timedelta | None = None
    catch_up: timedelta = CATCH_UP
    attempts: int = 3
    enabled: bool = True

    @property
    def timing(self) -> Timing:
        """How its fire times become runs."""
        return Timing(self.clock, self.catch_up, self.attempts)

    def spec(self, network: str, due: datetime) -> RunSpec:
        """What a run for a fire time covers."""
        as_of, window = (due if self.as_of == "due" else None), self.window
        if isinstance(window, str):
            as_of = due.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            window = as_of - (as_of - timedelta(days=1)).replace(day=1)
        return RunSpec(network, self.asset, as_of, window, self.parameters)


def read_entries(path: Path, more: Mapping[str, Task] | None = None) -> list[Entry]:
    """The entries of a YAML file, in the file's order.

    Args:
        path: the file.
        more: tasks that the caller brings, by name.

    Raises:
        MissingPathError: there is no such file.
        UnreadableError: it cannot be read.
        FormatError: the file is not a schedule, or names a job that does not exist.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingPathError(path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(path, getattr(error, "strerror", None) or "not text") from error
    except yaml.YAMLError as error:
        raise FormatError("schedule", path, str(error).replace("\n", " ")) from error
    if not isinstance(content, dict) or not content:
        reason = (
            "it holds no entries; write each under its name, as 'nightly: {cron: …, jobs: […]}'"
        )
        raise FormatError("schedule", path, reason)
    # What each name in `jobs` stands for: a job for itself, a group for its jobs.
    known = {name: [name] for name in catalog.names(more)} | catalog.groups(more)
    return [_checked(path, name, value, known) for name, value in content.items()]


def _checked(path: Path, name: object, value: object, known: Mapping[str, Sequence[str]]) -> Entry:
    try:
        if not isinstance(name, str) or not name.isidentifier():
            raise UsageError("its name must be of letters, digits and _")
        return _entry(name, value, known)
    except ExpectedError as error:
        raise FormatError("schedule", path, f"entry '{name}': {error}".rstrip(".")) from error


def _entry(name: str, value: object, known: Mapping[str, Sequence[str]]) -> Entry:
    if not isinstance(value, dict):
        raise UsageError("it is not a mapping")
    given: dict[str, Any] = dict(value)
    clock = Clock(cron=_text(given, "cron"), interval=_text(given, "interval"))
    keys = {entry.name for entry in fields(Entry)} - {"name", "clock"}
    for key in given.keys() - keys - {"cron", "interval"}:
        raise UsageError(f"'{key}' is unknown; known are cron, interval, {', '.join(sorted(keys))}")
    jobs = given.get("jobs")
    if not isinstance(jobs, list) or not jobs:
        raise UsageError("'jobs' must be a list of jobs")
    parameters = given.get("parameters", {})
    if not isinstance(parameters, dict) or not all(
        isinstance(p, dict) for p in parameters.values()
    ):
        raise UsageError("'parameters' must be a mapping of jobs to mappings")
    for job in (*jobs, *parameters):
        if job not in known:
            raise UsageError(f"there is no job '{job}'; known are {', '.join(known)}")
    window, as_of = _text(given, "window"), _text(given, "as_of") or "ledger"
    if as_of not in _AS_OF:
        raise UsageError(f"'as_of' must be one of {', '.join(_AS_OF)}")
    attempts, enabled = given.get("attempts", 3), given.get("enabled", True)
    if type(attempts) is not int or attempts < 1 or not isinstance(enabled, bool):
        raise UsageError("'attempts' must be a number from 1, 'enabled' true or false")
    return Entry(
        name=name,
        clock=clock,
        jobs=tuple(dict.fromkeys(job for one in jobs for job in known[one])),
        network=_text(given, "network"),
        asset=_text(given, "asset"),
        window=window if window in {None, PAST_MONTH} else parse_duration(str(window)),
        as_of=as_of,
        parameters=parameters,
        time_limit=_span(given, "time_limit"),
        catch_up=_span(given, "catch_up") or CATCH_UP,
        attempts=attempts,
        enabled=enabled,
    )


def _text(given: Mapping[str, object], key: str) -> str | None:
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"'{key}' must be text, not {value!r}")
    return value


def _span(given: Mapping[str, object], key: str) -> timedelta | None:
    text = _text(given, key)
    return None if text is None else parse_duration(text, key)
