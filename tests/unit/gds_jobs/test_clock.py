"""Fire times against a search minute by minute, and a thousand random schedules on a fake clock."""

from __future__ import annotations

import random
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from core.errors import UsageError
from gds_jobs.clock import Action, Clock, Timing, Turn, decide

START = datetime(2024, 2, 27, tzinfo=UTC)  # a leap day and the end of a month are near
MINUTE = timedelta(minutes=1)
SCHEDULES = 1_000
CRON = ["5 * * * *", "15 */6 * * *", "30 2 * * *", "0 3 * * 0", "0 4 1 * *", "*/7 1-3 * * mon-fri"]


def matches(field: str, value: int, names: str = "") -> bool:
    """Whether a cron field holds for a value, by the letter of cron's manual."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        for number, name in enumerate(names.split()):
            span = span.replace(name, str(number))
        first, _, last = span.partition("-")
        low, high = (0, 99) if span == "*" else (int(first), int(last or first))
        if low <= value <= high and (value - low) % int(step or 1) == 0:
            return True
    return False


def fires(rule: str, instant: datetime) -> bool:
    minute, hour, day, month, weekday = rule.split()
    return (
        matches(minute, instant.minute)
        and matches(hour, instant.hour)
        and matches(day, instant.day)
        and matches(month, instant.month)
        and matches(weekday, instant.isoweekday() % 7, "sun mon tue wed thu fri sat")
    )


@pytest.mark.parametrize("rule", [*CRON, "0 12 * * 1-5/2", "0 0 * * 7,3"])
def test_cron_is_crons(rule: str) -> None:
    minutes = [START + n * MINUTE for n in range(40 * 24 * 60)]
    sunday = rule.replace("7,", "0,")
    expected = [minute for minute in minutes if fires(sunday, minute)]
    assert expected
    assert list(Clock(cron=rule).between(minutes[0], minutes[-1])) == expected


def test_intervals_do_not_depend_on_when_they_are_asked_for() -> None:
    clock = Clock(interval="7h")
    first = clock.after(START)
    assert clock.after(first - timedelta(microseconds=1)) == first
    assert clock.after(first) == first + timedelta(hours=7)
    assert clock.after(first + timedelta(hours=6, microseconds=5)) == first + timedelta(hours=7)
    assert (first - datetime(2000, 1, 1, tzinfo=UTC)) % timedelta(hours=7) == timedelta()


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"cron": "* * * * *", "interval": "1h"},
        {"cron": "* * * *"},
        {"cron": "61 * * * *"},
        {"cron": "0 0 30 2 *"},
        {"cron": "0 0 1 * 1"},
        {"cron": "0 0 * * 8"},
        {"interval": "0s"},
        {"interval": "1.5s"},
        {"interval": "soon"},
    ],
)
def test_rules_that_mean_nothing_are_refused(rule: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        Clock(**rule)


@dataclass
class Life:
    """An entry's days: what the graph would keep, and what happened."""

    timing: Timing
    turn: Turn
    ends: datetime = START
    runs: list[tuple[datetime, datetime, datetime]] = field(default_factory=list)
    skipped: list[tuple[datetime, datetime]] = field(default_factory=list)
    given_up: dict[datetime, datetime] = field(default_factory=dict)

    def look(self, now: datetime, chance: random.Random) -> Action:
        """One look of a scheduler; a run that begins takes a random time, or dies."""
        decision = decide(self.timing, self.turn, now)
        self.turn = replace(self.turn, next=decision.next)
        if decision.action in {Action.RUN, Action.RESUME}:
            assert decision.due is not None
            self.ends = now + chance.choice([1, 5, 20, 200]) * MINUTE
            self.runs.append((now, self.ends, decision.due))
            self.turn = replace(
                self.turn, due=decision.due, attempt=decision.attempt, held=True, asked=None
            )
        elif decision.action == Action.SKIP:
            assert decision.due is not None
            assert decision.reason
            self.skipped.append((now, decision.due))
        elif decision.action == Action.GIVE_UP:
            assert self.turn.due is not None
            self.given_up[now] = self.turn.due
            self.turn = replace(self.turn, due=None, attempt=0)
        return decision.action


def live(seed: int) -> tuple[Life, list[datetime]]:
    """Random rule, window, looks and outages for some days; and the instants of the looks."""
    chance = random.Random(seed)  # noqa: S311 - repeatable
    minutes = chance.choice([1, 3, 10, 45, 180, 1440])
    clock = chance.choice([Clock(interval=f"{minutes}m"), Clock(cron=chance.choice(CRON))])
    catch_up = chance.choice([0, 10, 60, 600, 2880]) * MINUTE
    life = Life(Timing(clock, catch_up, attempts=3), Turn(clock.after(START)))
    now, looks = START, []
    while now < START + timedelta(days=4):
        outage = chance.random() < 0.02
        now += chance.randint(60, 3000) * MINUTE if outage else chance.choice([1, 2, 7]) * MINUTE
        if life.turn.held and (life.ends <= now or (outage and chance.random() < 0.5)):
            finished = life.ends <= now and not outage
            if not finished:  # it was killed: the run stays begun, its lease is free
                begun, _, due = life.runs[-1]
                life.runs[-1] = (begun, min(now, life.ends), due)
            life.turn = replace(
                life.turn, held=False, **({"due": None, "attempt": 0} if finished else {})
            )
        looks.append(now)
        life.look(now, chance)
    return life, looks


@pytest.mark.parametrize("part", range(10))
def test_random_schedules_keep_their_promises(part: int) -> None:
    runs = skips = given_up = 0
    for seed in range(part * SCHEDULES // 10, (part + 1) * SCHEDULES // 10):
        life, looks = live(seed)
        runs, skips = runs + len(life.runs), skips + len(life.skipped)
        given_up += len(life.given_up)
        clock, catch_up = life.timing.clock, life.timing.catch_up
        spans = [(begun, ended) for begun, ended, _ in life.runs]
        # Never two at once.
        assert all(b >= a for (_, a), (b, _) in pairwise(spans)), seed
        # Nothing outside the window is caught up, and nothing runs before its time.
        assert all(due <= begun <= due + catch_up for begun, _, due in life.runs), seed
        # What is done once is not done again, but for the repetition of what was cut short.
        dues = [due for _, _, due in life.runs]
        assert all(later >= earlier for earlier, later in pairwise(dues)), seed
        assert max((dues.count(due) for due in dues), default=0) <= life.timing.attempts, seed
        # Every fire time inside the window was answered at the first look after it: by a run for
        # it or for a later one, or, while a run was going on, by a skip that is on record.
        begun = {at: due for at, _, due in life.runs}
        skipped = dict(life.skipped)
        for fire in clock.between(clock.after(START), looks[-1]):
            look = looks[bisect_left(looks, fire)]
            answer = begun.get(look, skipped.get(look, life.given_up.get(look)))
            assert answer is not None, (seed, fire)
            assert answer >= fire or look - answer > catch_up, (seed, fire)
            if look - fire <= catch_up and look not in skipped:  # nothing inside is lost
                assert begun[look] >= fire, (seed, fire)
            if look in skipped and look - fire <= catch_up:
                assert any(a <= look for a, _ in spans), (seed, fire)
    assert min(runs, skips, given_up) > 0


NOW = START + timedelta(hours=10)
HOURLY = Timing(Clock(interval="1h"), timedelta(hours=3), attempts=2)


@pytest.mark.parametrize(
    ("turn", "action", "due"),
    [
        (Turn(NOW + MINUTE), Action.WAIT, None),
        (Turn(NOW), Action.RUN, NOW),
        (Turn(NOW - timedelta(hours=5)), Action.RUN, NOW),
        (Turn(NOW, enabled=False), Action.WAIT, None),
        (Turn(NOW + MINUTE, enabled=False, asked=NOW - MINUTE), Action.RUN, NOW - MINUTE),
        (Turn(NOW, due=NOW, held=True), Action.SKIP, NOW),
        (Turn(NOW + MINUTE, due=NOW, attempt=1), Action.RESUME, NOW),
        (Turn(NOW + MINUTE, due=NOW, attempt=2), Action.GIVE_UP, NOW),
        (Turn(NOW + MINUTE, due=NOW - timedelta(hours=4), attempt=1), Action.GIVE_UP, None),
        # What was cut short is not repeated beside its successor.
        (Turn(NOW, due=NOW - timedelta(hours=1), attempt=1), Action.RUN, NOW),
    ],
)
def test_decisions_by_hand(turn: Turn, action: Action, due: datetime | None) -> None:
    decision = decide(HOURLY, turn, NOW)
    assert decision.action == action
    assert due is None or decision.due == due
    assert decision.next > NOW or not turn.enabled


def test_what_was_missed_too_long_ago_is_told() -> None:
    daily = Timing(Clock(cron="0 2 * * *"), timedelta(hours=3))
    decision = decide(daily, Turn(START + timedelta(hours=2)), NOW)
    assert (decision.action, decision.due) == (Action.SKIP, START + timedelta(hours=2))
    assert decision.next == START + timedelta(hours=26)


def test_a_clock_that_was_years_ahead_is_put_right() -> None:
    ahead = NOW.replace(year=2099)
    decision = decide(HOURLY, Turn(ahead), NOW)
    assert (decision.action, decision.next) == (Action.WAIT, NOW + timedelta(hours=1))
    # Back by less than a turn: what was done is not done again.
    done = NOW + timedelta(hours=1)
    assert decide(HOURLY, Turn(done), NOW - MINUTE).next == done


def test_years_of_seconds_are_looked_through_from_their_end() -> None:
    every_second = Timing(Clock(interval="1s"), timedelta(days=9_000))
    for held, action in ((True, Action.SKIP), (False, Action.RUN)):
        decision = decide(every_second, Turn(NOW.replace(year=2001), held=held), NOW)
        assert (decision.action, decision.due) == (action, NOW)
