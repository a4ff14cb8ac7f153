"""The scheduler: begins what is due, once, whichever process looks first.

The graph keeps the state: a `(:Job)` for every entry with its next fire time and the run that was
begun, a `(:Lease)` for every entry and job at work, a `(:JobRun)` for every run. So any number of
schedulers may look at once, and a run whose process died is repeated by the next that looks. Jobs
may be run again after they were killed half-way; those that were done are not repeated.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

from core.errors import ExpectedError, NotFoundError, StateError, UnknownNameError
from core.schema import RunState
from cypher import leases
from cypher.leases import SECONDS, Hold, Lease
from gds_jobs import run as runner
from gds_jobs.clock import Action, Decision, Turn, decide
from gds_jobs.job import JobReport, Policy, RunSpec
from gds_jobs.record import Record, client, tidy
from gds_jobs.windows import Range

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from graphdatascience import GraphDataScience

    from cypher.graph import Graph, Transaction
    from gds_jobs.entries import Entry
    from gds_jobs.job import Task

POLL_SECONDS = 5.0
"""The longest between two looks."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the scheduler did about an entry.

    Attributes:
        what: `begun`, `ended`, `skipped`, `given up` or `trouble`.
        reports: of the jobs of a run that ended.
    """

    what: str
    entry: str
    due: datetime | None = None
    state: RunState | None = None
    error: str | None = None
    reports: tuple[JobReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a scheduler works.

    Attributes:
        workers: entries at work at once in this process.
        lease_seconds: how long a lease outlives a process that is gone.
        backoff_seconds: pause before a job is tried again.
        more: tasks that the caller brings, by name.
        tell: called with everything that happens, from any thread.
        now: the clock.
    """

    workers: int = 1
    lease_seconds: float = SECONDS
    backoff_seconds: float = 30.0
    more: Mapping[str, Task] = field(default_factory=dict)
    tell: Callable[[Event], None] = lambda _event: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Scheduler:
    """Looks after the entries of one schedule."""

    def __init__(
        self, graph: Graph, entries: Sequence[Entry], settings: Settings | None = None
    ) -> None:
        self.graph = graph
        self.entries = {entry.name: entry for entry in entries}
        self.settings = settings or Settings()
        self._holds: dict[str, Hold] = {}

    @cached_property
    def _gds(self) -> GraphDataScience:
        return client(self.graph)

    def sync(self) -> None:
        """Write the schedule into the graph, in place of any other."""
        for entry in self.entries.values():
            limit = entry.time_limit
            self.graph.write(
                "writes/schedule_sync",
                name=entry.name,
                trigger=entry.clock.text,
                next=entry.clock.after(self.settings.now()),
                enabled=entry.enabled,
                jobs=list(entry.jobs),
                network=entry.network,
                window=None if entry.window is None else str(entry.window),
                time_limit_seconds=None if limit is None else limit.total_seconds(),
                catch_up_seconds=entry.catch_up.total_seconds(),
                attempts=entry.attempts,
            )
        self.graph.write("writes/schedule_prune", names=list(self.entries))

    def once(self) -> list[Event]:
        """Run what is due, one entry after the other."""
        return [
            event
            for name in self._order()
            if (event := self._begin(self.entries[name])) is not None
        ]

    def run_now(self, name: str) -> Event:
        """Run one entry out of turn, in this process.

        Raises:
            UnknownNameError: the schedule has no such entry.
        """
        if name not in self.entries:
            raise UnknownNameError("scheduled job", name, self.entries)
        tidy(self.graph, self._gds)
        event = self._begin(self.entries[name], asked=self.settings.now())
        return event or Event("skipped", name, error="Another process began it just now.")

    def forever(self, stop: threading.Event) -> None:
        """Look again and again until told to stop; then end what is at work, to be repeated."""
        with ThreadPoolExecutor(self.settings.workers, thread_name_prefix="entry") as pool:
            while not stop.is_set():
                try:
                    self._look(pool)
                    pause = self._pause_seconds()
                except ExpectedError as error:  # the database is away: it will be back
                    self._tell(Event("trouble", "*", error=str(error)))
                    pause = POLL_SECONDS
                stop.wait(pause)
            for hold in list(self._holds.values()):
                hold.cancel(_stopped())

    def _look(self, pool: ThreadPoolExecutor) -> None:
        for name in self._order():
            busy = name in self._holds
            if busy or len(self._holds) < self.settings.workers:
                claimed = self._claim(self.entries[name], None)
                if claimed is not None:
                    pool.submit(self._perform, self.entries[name], *claimed)

    def _order(self) -> list[str]:
        """Entries about which something is to be done, the longest due first."""
        tidy(self.graph, self._gds)
        now, found = self.settings.now(), []
        for name, *row in self.graph.read("lookups/schedule_turns").iter_rows():
            entry, turn = self.entries.get(name), Turn(*row)
            if entry and decide(entry.timing, turn, now) != Decision(Action.WAIT, turn.next):
                found.append(name)
        return found

    def _pause_seconds(self) -> float:
        following = self.graph.read("lookups/schedule_turns")["next"].min()
        if not isinstance(following, datetime):
            return POLL_SECONDS
        left = (following - self.settings.now()).total_seconds()
        return min(max(left, 0.5), POLL_SECONDS)

    def _begin(self, entry: Entry, asked: datetime | None = None) -> Event | None:
        events: list[Event] = []
        claimed = self._claim(entry, asked, events)
        if claimed is None:
            return events[0] if events else None
        return self._perform(entry, *claimed)

    def _claim(
        self, entry: Entry, asked: datetime | None, events: list[Event] | None = None
    ) -> tuple[Decision, Hold] | None:
        """Decide under the entry's lock, and take its lease where it is to run."""
        decision, lease = self._decide(entry, asked)
        if isinstance(lease, Lease):
            hold = Hold(
                self.graph,
                lease,
                f"schedule-{entry.name}-{lease.token}",
                seconds=self.settings.lease_seconds,
            )
            self._holds[entry.name] = hold
            self._tell(Event("begun", entry.name, decision.due))
            return decision, hold
        if decision.reason is not None:
            gave_up = decision.action == Action.GIVE_UP
            state = RunState.FAILED if gave_up else RunState.SKIPPED
            what = "given up" if gave_up else "skipped"
            event = Event(what, entry.name, decision.due, state, decision.reason)
            self._record(entry, decision, state, decision.reason)
            self._tell(event)
            if events is not None:
                events.append(event)
        return None

    def _decide(self, entry: Entry, asked: datetime | None) -> tuple[Decision, Lease | None]:
        grant, owner, name = uuid4().hex, leases.own_name(), entry.name

        def work(transaction: Transaction) -> tuple[Decision, Lease | None]:
            transaction.run("writes/schedule_lock", name=name)
            rows = transaction.run("lookups/schedule_turns", name=name).rows()
            if not rows:
                raise StateError(f"The graph has no entry '{name}'.", "Start the scheduler anew.")
            turn = Turn(*rows[0][1:])
            if asked is not None:
                turn = Turn(turn.next, turn.due, turn.attempt, held=turn.held, asked=asked)
            decision = decide(entry.timing, turn, self.settings.now())
            if decision.action in {Action.RUN, Action.RESUME}:
                lease = leases.take_within(
                    transaction, f"schedule|{name}", owner, grant, self.settings.lease_seconds
                )
                if not isinstance(lease, Lease):
                    return Decision(Action.WAIT, turn.next), None
                place = {"due": decision.due, "attempt": decision.attempt, "next": decision.next}
                transaction.run("writes/schedule_begin", name=name, **place)
                return decision, lease
            if decision != Decision(Action.WAIT, turn.next):
                give_up = decision.action == Action.GIVE_UP
                transaction.run(
                    "writes/schedule_pass", name=name, next=decision.next, give_up=give_up
                )
            elif asked is not None:
                reason = "Its run is still going on."
                decision = Decision(Action.SKIP, turn.next, asked, reason=reason)
            return decision, None

        return self.graph.transact(f"schedule {name}", work)

    def _perform(self, entry: Entry, decision: Decision, hold: Hold) -> Event:
        """Run an entry's jobs and record how it ended; what is cut short stays begun."""
        due = decision.due or self.settings.now()
        try:
            with hold:
                event = self._jobs(entry, due, hold)
                if hold.reason is not None:
                    event = replace(event, state=RunState.FAILED, error=str(hold.reason))
                    token = hold.lease.token
                    self.graph.write("writes/schedule_resign", name=entry.name, token=token)
                else:
                    self.graph.on_behalf_of(entry.name, hold=hold).write(
                        "writes/schedule_finish",
                        name=entry.name,
                        due=due,
                        state=str(event.state),
                        error=event.error,
                    )
        except Exception as error:  # noqa: BLE001 - a scheduler outlives whatever it runs
            told = f"{type(error).__name__}: {error}"
            event = Event("trouble", entry.name, due, RunState.FAILED, told)
        finally:
            self._holds.pop(entry.name, None)
        self._tell(event)
        return event

    def _jobs(self, entry: Entry, due: datetime, hold: Hold) -> Event:
        reports: list[JobReport] = []
        try:
            for network in runner.networks_of(self.graph, entry.network):
                reports += self._network(entry, due, hold, network)
        except NotFoundError as error:
            state = RunState.SKIPPED if entry.network is None else RunState.FAILED
            self._record(entry, Decision(Action.RUN, due, due, 1), state, str(error))
            return Event("ended", entry.name, due, state, str(error))
        except ExpectedError as error:
            state, told = RunState.FAILED, str(error)
            return Event("ended", entry.name, due, state, told, tuple(reports))
        states = {report.state for report in reports}
        order = (RunState.FAILED, RunState.SEALED, RunState.SKIPPED)
        state = next((state for state in order if state in states), RunState.SEALED)
        errors = [f"{r.job}: {r.error}" for r in reports if r.state == RunState.FAILED]
        return Event("ended", entry.name, due, state, " ".join(errors) or None, tuple(reports))

    def _network(self, entry: Entry, due: datetime, hold: Hold, network: str) -> list[JobReport]:
        """Run an entry's jobs on one network, but for those that its run has already done."""
        done = set(self.graph.read("lookups/schedule_done", entry=entry.name, due=due).iter_rows())
        policy = Policy(
            limit=entry.time_limit,
            attempts=entry.attempts,
            backoff_seconds=self.settings.backoff_seconds,
            lease_seconds=self.settings.lease_seconds,
            entry=entry.name,
            due=due,
            within=hold,
        )
        left = [job for job in entry.jobs if (job, network) not in done]
        spec, more = entry.spec(network, due), self.settings.more
        return runner.run(self.graph, left, spec, more=more, policy=policy, as_listed=True)

    def _record(self, entry: Entry, decision: Decision, state: RunState, reason: str) -> None:
        """Keep a JobRun of an entry that came to no run of a job."""
        policy = Policy(entry=entry.name, due=decision.due)
        network = entry.network or "*"
        record = Record(self.graph, entry.name, network, policy, attempt=decision.attempt)
        record.begin("1", RunSpec(network=entry.network), Range(), {}, 0.0)
        record.end(state, error=reason)

    def _tell(self, event: Event) -> None:
        self.settings.tell(event)


def _stopped() -> StateError:
    return StateError("The scheduler was stopped.", "The next one repeats the run.")
