"""What a request has at hand: the database, its caller, its loaders and the runs it reads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import anyio
import strawberry
from strawberry.fastapi import BaseContext

from api.dataloaders import Loaders
from core.errors import LimitError, NotFoundError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.actions import Actions
    from api.security.keys import Principal
    from api.security.limits import Limits
    from cypher.graph import Graph
    from cypher.reader import Reader

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Backend:
    """What all requests share.

    Attributes:
        reader: for reading on the event loop.
        connect: makes another reader, for another event loop.
        graph: for mutations, in threads.
        reading_graph: for reading in threads, with the limits of a request and no retries.
        actions: work that a request may start.
        limits: what one request may ask for.
        threads: how many threads read at once.
        workers: how many threads publish, score or run jobs at once.
    """

    reader: Reader
    connect: Callable[[], Reader]
    graph: Graph
    reading_graph: Graph
    actions: Actions
    limits: Limits
    threads: anyio.CapacityLimiter
    workers: anyio.CapacityLimiter

    async def in_thread(self, work: Callable[[], Result], *, long: bool = False) -> Result:
        """Run blocking work beside the event loop; when the request ends early, it goes on.

        Long work has threads of its own, so that readers need not wait for it.
        """
        limiter = self.workers if long else self.threads
        return await anyio.to_thread.run_sync(work, limiter=limiter, abandon_on_cancel=True)


class Context(BaseContext):
    """One request; a large one has a thread and an event loop of its own."""

    def __init__(
        self, backend: Backend, principal: Principal, request_id: str, *, large: bool = False
    ) -> None:
        super().__init__()
        self.backend, self.principal, self.request_id = backend, principal, request_id
        self.large = large
        self.deadline: asyncio.Timeout | None = None
        self._runs: asyncio.Task[dict[str, str | None]] | None = None

    @property
    def is_websocket(self) -> bool:
        """Whether the operation came over a WebSocket."""
        return self.request is not None and self.request.scope["type"] == "websocket"

    @cached_property
    def loaders(self) -> Loaders:
        """Loaders whose caches live as long as the request."""
        return Loaders(self.backend.reader)

    async def models(self) -> Mapping[str, str | None]:
        """Active run of each model, looked up once, so that one request reads one run."""
        if self._runs is None:
            self._runs = asyncio.create_task(self._look_up_runs())
        return await asyncio.shield(self._runs)

    async def active_run(self, model: str) -> str:
        """The active run of a model.

        Raises:
            UnknownNameError: no run was ever begun for that model.
            NotFoundError: the model has no active run.
        """
        models = await self.models()
        if model not in models:
            raise UnknownNameError("model", model, models)
        run = models[model]
        if run is None:
            raise NotFoundError("active run of the model", model, "Publish scores first.")
        return run

    def page_size(self, first: int) -> int:
        """Check the size of a page.

        Raises:
            UsageError: it is below 1.
            LimitError: it is above the limit.
        """
        if first < 1:
            raise UsageError("A page holds at least one item.", "Ask for 'first' of 1 or more.")
        limit = self.backend.limits.page_size
        if first > limit:
            raise LimitError("items on a page", limit, "Read page by page, with 'after'.")
        return first

    async def _look_up_runs(self) -> dict[str, str | None]:
        frame = await self.backend.reader.read("lookups/api_active_runs")
        return dict(frame.iter_rows())


Info = strawberry.Info[Context, None]
"""The `info` of our resolvers."""
