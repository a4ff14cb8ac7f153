"""When an entry of the schedule is due, and what is to be done about it: no database, no waiting.

All times are UTC. APScheduler reads the rules and finds their fire times; which of them lead to a
run is decided here, from the state that the graph keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from core.errors import UsageError
from core.times import before, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

_CRON_FIELDS = ("minute", "hour", "day", "month", "day_of_week")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_TICK = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)


class Clock:
    """A rule of fire times: the five fields of cron, or a span since the midnight of 2000-01-01."""

    def __init__(self, *, cron: str | None = None, interval: str | None = None) -> None:
        """Read a rule.

        Raises:
            UsageError: it is none, or it never fires.
        """
        if (cron is None) == (interval is None):
            raise UsageError("An entry has either 'cron' or 'interval'.")
        self.text = f"cron {cron}" if cron is not None else f"every {interval}"
        self._trigger = _cron(cron) if cron is not None else _interval(str(interval))
        if self._first(_EPOCH) is None:
            raise UsageError(f"'{cron}' never comes.")

    def after(self, instant: datetime) -> datetime:
        """The first fire time later than an instant."""
        found = self._first(instant)
        if found is None:  # cron counts up to the year 9999
            raise UsageError(f"'{self.text}' never comes again.")
        return found

    def between(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Fire times from one instant to another, both included."""
        found = self.after(first - _SECOND)
        while found <= last:
            if found >= first:
                yield found
            found = self.after(found)

    def _first(self, instant: datetime) -> datetime | None:
        # Fire times are whole seconds, and APScheduler counts an instant as after itself.
        whole = instant.replace(microsecond=0)
        return cast("datetime | None", self._trigger.get_next_fire_time(None, whole + _TICK))


def _cron(text: str) -> CronTrigger:
    parts = text.lower().split()
    if len(parts) != len(_CRON_FIELDS):
        raise UsageError(f"'{text}' is not cron's minute, hour, day, month and weekday.")
    fields = dict(zip(_CRON_FIELDS, parts, strict=True))
    if fields["day"] != "*" and fields["day_of_week"] != "*":
        raise UsageError(
            f"'{text}' names both a day of the month and a weekday, and cron takes either.",
            "Write two entries.",
        )
    # Cron's week begins with Sunday as 0, APScheduler's with Monday: only names mean one day.
    fields["day_of_week"] = ",".join(_weekdays(part) for part in fields["day_of_week"].split(","))
    try:
        return CronTrigger(**fields, timezone=UTC)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a cron rule: {error}.") from error


def _weekdays(part: str) -> str:
    span, slash, step = part.partition("/")
    ends = span.split("-")
    if not any(end.isdigit() for end in ends):
        return part
    if not all(end.isdigit() and int(end) < len(_DAYS) for end in ends):
        raise UsageError(f"'{part}' is no weekday; write 0 (Sunday) to 7, or mon to sun.")
    if len(ends) == 1:
        return _DAYS[int(span)] + slash + step
    days = range(int(ends[0]), int(ends[1]) + 1, int(step) if step.isdigit() else 1)
    return ",".join(_DAYS[day] for day in days)


def _interval(text: str) -> IntervalTrigger:
    span = parse_duration(text, "interval")
    if span % _SECOND or span < _SECOND:
        raise UsageError(f"The interval '{text}' is not of whole seconds.")
    return IntervalTrigger(
        seconds=int(span.total_seconds()), start_date=_EPOCH, end_date=None, timezone=UTC
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """How an entry's fire times become runs.

    Attributes:
        catch_up: a run that was missed is made up for up to so long after; several are made one.
        attempts: how often a run is begun whose process died.
    """

    clock: Clock
    catch_up: timedelta
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class Turn:
    """Where an entry stands.

    Attributes:
        next: the first fire time that nothing was decided about.
        due: what the run is for that was begun and has not ended.
        attempt: how often it was begun.
        held: whether the process that began it is still at work.
        asked: when somebody asked for a run out of turn.
    """

    next: datetime
    due: datetime | None = None
    attempt: int = 0
    held: bool = False
    enabled: bool = True
    asked: datetime | None = None


class Action(StrEnum):
    """What is to be done about an entry."""

    WAIT = "wait"
    RUN = "run"
    RESUME = "resume"
    SKIP = "skip"
    GIVE_UP = "give up"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done now.

    Attributes:
        due: the fire time that it is about.
        next: the entry's next fire time from now on.
        attempt: of the run that begins.
        reason: why something was skipped or given up; it is recorded.
    """

    action: Action
    next: datetime
    due: datetime | None = None
    attempt: int = 0
    reason: str | None = None


def decide(timing: Timing, turn: Turn, now: datetime) -> Decision:
    """What to do about an entry: at most one run, for the last fire time that is not too old.

    Where the next fire time lies further away than the rule puts it, somebody's clock was ahead,
    and it is put right; one fire time further only says that the clock went back a little.
    """
    clock, oldest = timing.clock, before(now, timing.catch_up)
    if turn.next > clock.after(coming := clock.after(now)):
        turn = replace(turn, next=coming)
    come = turn.enabled and turn.next <= now
    following = clock.after(now) if come else turn.next
    if turn.held:
        if not come:
            return Decision(Action.WAIT, following)
        last = _last(clock, turn.next, now)
        began = "" if turn.due is None else f" of {turn.due:%Y-%m-%d %H:%M:%S}"
        return Decision(Action.SKIP, following, last, reason=f"The run{began} is still going on.")
    due = _last(clock, max(turn.next, oldest), now) if come else None
    due = due or turn.asked
    if due is not None:
        return Decision(Action.RUN, following, due, 1)
    if turn.due is not None:
        return _unfinished(timing, turn, turn.due, now, following)
    if come:
        reason = f"It was missed, and {timing.catch_up} is the longest it is made up for."
        return Decision(Action.SKIP, following, turn.next, reason=reason)
    return Decision(Action.WAIT, following)


def _unfinished(
    timing: Timing, turn: Turn, due: datetime, now: datetime, following: datetime
) -> Decision:
    attempt, reason = turn.attempt + 1, None
    if now - due > timing.catch_up:
        reason = f"Its process ended half-way, and {timing.catch_up} have passed since."
    elif attempt > timing.attempts:
        reason = f"Its process ended half-way {turn.attempt} times."
    if reason is None:
        return Decision(Action.RESUME, following, due, attempt)
    if following != turn.next:
        reason += f" The run of {turn.next:%Y-%m-%d %H:%M:%S} was missed, too long ago as well."
    return Decision(Action.GIVE_UP, following, due, turn.attempt, reason)


def _last(clock: Clock, first: datetime, now: datetime) -> datetime | None:
    """The last fire time of a span, looked for from its end: it may have begun years ago."""
    span = timedelta(minutes=1)
    while True:
        start, found = max(first, now - span), None
        for found in clock.between(start, now):  # noqa: B007 - only the last one counts
            pass
        if found is not None or start == first:
            return found
        span *= 8
