"""Accounts: one by its id, or many in an order."""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, cast

import strawberry

from api.context import Context, Info
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.account import Account, AccountConnection, Runs
from api.types.page import DEFAULT_PAGE, Edge, Place, decode_cursor, paginate
from api.types.rows import AccountRow
from api.types.scalars import milliseconds
from core.errors import LimitError, NotFoundError, ParameterError, UsageError

_FIRST, _LAST = "", "\U0010ffff"
_FILTERS = 5


@strawberry.enum(description="Which way an order runs; ties run up by id.")
class SortDirection(Enum):
    """Up or down."""

    ASC = "asc"
    DESC = "desc"


@strawberry.input(one_of=True, description="What orders accounts: exactly one of the fields.")
class AccountOrder:
    """The key of an order."""

    id: strawberry.Maybe[bool] = strawberry.field(description="Their ids.")
    score: strawberry.Maybe[str] = strawberry.field(
        description="Scores of this model's active run; accounts without one are left out."
    )
    feature: strawberry.Maybe[str] = strawberry.field(
        description="This feature; accounts without it are left out. Reads every account."
    )


@strawberry.input(description="Bounds of a number, inclusive.")
class Range:
    """From, to."""

    name: str = strawberry.field(description="Name of the feature or model.")
    min: float | None = None
    max: float | None = None


@strawberry.input(description="What an account must be; all that is given must hold.")
class AccountFilter:
    """The conditions."""

    network: str | None = None
    kind: str | None = None
    is_infra: bool | None = None
    tag: str | None = strawberry.field(default=None, description="Category or id of a tag.")
    seen_since: datetime | None = strawberry.field(default=None, description="lastSeen from here.")
    seen_until: datetime | None = strawberry.field(default=None, description="firstSeen to here.")
    features: list[Range] | None = None
    score: Range | None = strawberry.field(default=None, description="In the active run.")


@strawberry.type
class AccountQueries:
    """Root fields on accounts."""

    @strawberry.field(
        description="One account; null where there is none.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def account(self, info: Info, id: strawberry.ID) -> Account | None:  # noqa: A002
        """One account."""
        row = await info.context.loaders.accounts.load(str(id))
        return None if row is None else Account.of(row, {})

    @strawberry.field(
        description="Accounts in an order, by id if none is given.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def accounts(
        self,
        info: Info,
        *,
        filter: AccountFilter | None = None,  # noqa: A002
        order_by: AccountOrder | None = None,
        direction: SortDirection | None = None,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
    ) -> AccountConnection:
        """A page of accounts; the direction is ASC by id and DESC otherwise."""
        score, feature = (order_by.score, order_by.feature) if order_by else (None, None)
        default = SortDirection.DESC if score or feature else SortDirection.ASC
        wanted = _Wanted(
            size=info.context.page_size(first),
            way=(direction or default).value,
            after=after,
            conditions=await _conditions(info.context, filter or AccountFilter()),
        )
        if score:
            return await _by_score(info.context, score.value, wanted)
        if feature:
            return await _by_feature(info.context, feature.value, wanted)
        return await _by_id(info.context, wanted)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A page: how long, which way, after what, of which accounts."""

    size: int
    way: str
    after: str | None
    conditions: dict[str, Any]


async def _by_id(context: Context, wanted: _Wanted) -> AccountConnection:
    # A network's ids are the range between "network:" and "network;", so its filter is the seek.
    network = wanted.conditions["network"]
    lower, upper = (f"{network}:", f"{network};") if network else (_FIRST, _LAST)
    label = f"id-{wanted.way}"
    if wanted.after is not None:
        last = cast("str", decode_cursor(wanted.after, label, str)[0])
        lower, upper = (
            (max(lower, last), upper) if wanted.way == "asc" else (lower, min(upper, last))
        )
    frame = await context.backend.reader.read(
        f"lookups/api_accounts_by_id_{wanted.way}",
        lower=lower,
        upper=upper,
        limit=wanted.size + 1,
        **wanted.conditions,
    )
    edges = [_edge(row, {}, (label, row[0])) for row in frame.iter_rows()]
    return _connection(edges, wanted, None)


async def _by_score(context: Context, model: str, wanted: _Wanted) -> AccountConnection:
    label = f"score-{wanted.way}:{model}"
    conditions = wanted.conditions
    if wanted.after is None:
        value, last = math.inf if wanted.way == "desc" else -math.inf, ""
        run = await context.active_run(model)
    else:
        # The cursor holds its run: a walk stays inside it when a new one is published meanwhile.
        place = decode_cursor(wanted.after, label, str, float, str)
        run, value, last = cast("tuple[str, float, str]", place)
        await _require_run(context, run, model)
        if conditions["score_run"] == (await context.models()).get(model):
            conditions = {**conditions, "score_run": run}
    frame = await context.backend.reader.read(
        f"lookups/api_accounts_by_score_{wanted.way}",
        run=run,
        value=value,
        after=last,
        limit=wanted.size + 1,
        **conditions,
    )
    runs = {model: run}
    edges = [_edge(row, runs, (label, run, row[-1], row[0])) for row in frame.iter_rows()]
    return _connection(edges, wanted, run)


async def _by_feature(context: Context, name: str, wanted: _Wanted) -> AccountConnection:
    _require_feature(name)
    label = f"feature-{wanted.way}:{name}"
    value: object = -math.inf
    last: object = ""
    if wanted.after is not None:
        value, last = decode_cursor(wanted.after, label, float, str)
    frame = await context.backend.reader.read(
        "lookups/api_accounts_by_feature",
        feature=name,
        sign=-1 if wanted.way == "desc" else 1,
        value=value,
        after=last,
        limit=wanted.size + 1,
        **wanted.conditions,
    )
    if frame.is_empty() and wanted.after is None:
        found = await context.backend.reader.read("lookups/api_feature_exists", feature=name)
        if not found["found"][0]:
            raise NotFoundError("feature", name, "No account carries it; run the job first.")
    edges = [_edge(row, {}, (label, row[-1], row[0])) for row in frame.iter_rows()]
    return _connection(edges, wanted, None)


def _connection(edges: list[Edge[Account]], wanted: _Wanted, run: str | None) -> AccountConnection:
    page, end = paginate(edges, wanted.size)
    shown = None if run is None else strawberry.ID(run)
    return AccountConnection(edges=page, page_info=end, run=shown)


def _edge(row: tuple[Any, ...], runs: Runs, place: Place) -> Edge[Account]:
    return Edge(node=Account.of(AccountRow(*row[:-1]), runs), place=place)


async def _conditions(context: Context, wanted: AccountFilter) -> dict[str, Any]:
    features = wanted.features or []
    if len(features) > _FILTERS:
        raise LimitError("feature conditions", _FILTERS)
    for feature in features:
        _require_feature(feature.name)
    run = await context.active_run(wanted.score.name) if wanted.score else None
    low, high = _bounds(wanted.score) if wanted.score else (-math.inf, math.inf)
    return {
        "network": wanted.network,
        "kind": wanted.kind,
        "is_infra": wanted.is_infra,
        "tag": wanted.tag,
        "seen_since": milliseconds(wanted.seen_since),
        "seen_until": milliseconds(wanted.seen_until),
        "features": [feature.name for feature in features],
        "minima": [_bounds(feature)[0] for feature in features],
        "maxima": [_bounds(feature)[1] for feature in features],
        "score_run": run,
        "score_min": low,
        "score_max": high,
    }


async def _require_run(context: Context, run: str, model: str) -> None:
    frame = await context.backend.reader.read("lookups/api_score_runs", run=run, limit=1)
    row = frame.row(0, named=True) if len(frame) else {}
    sealed = row.get("state") in ("sealed", "active", "retired") and row["archive"] is None
    if not sealed or row["model"] != model:
        raise UsageError(
            f"The run '{run}' of this cursor is no longer in the graph.",
            "Start again without 'after'.",
        )


def _require_feature(name: str) -> None:
    reserved = ("id", "network", "address", "kind", "first_seen", "last_seen", "is_infra")
    if name.startswith("score_") or name in reserved:
        remedy = "Order by 'score' for scores, or by 'id'."
        raise ParameterError("accounts", "feature", f"is not a feature: '{name}'", remedy)


def _bounds(wanted: Range) -> tuple[float, float]:
    low = -math.inf if wanted.min is None else wanted.min
    return low, math.inf if wanted.max is None else wanted.max
