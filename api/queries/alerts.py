"""Alerts, patterns and clusters: one, or page by page."""

from datetime import date
from typing import Any

import strawberry

from api.context import Info
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.alert import (
    Alert,
    AlertCluster,
    Pattern,
)
from api.types.page import DEFAULT_PAGE, Connection, Edge, Place, decode_cursor, paginate
from core.schema import AlertStatus, Severity


@strawberry.input(description="What an alert must be; all that is given must hold.")
class AlertFilter:
    """The conditions."""

    network: str | None = None
    processing_date: date | None = None
    window_days: int | None = None
    typology_type: str | None = None
    severity: Severity | None = None
    status: AlertStatus | None = None
    account: strawberry.ID | None = None
    cluster: strawberry.ID | None = None
    min_confidence: float | None = None


@strawberry.input(description="What a pattern must be; all that is given must hold.")
class PatternFilter:
    """The conditions."""

    network: str | None = None
    processing_date: date | None = None
    window_days: int | None = None
    pattern_type: str | None = None
    typology_type: str | None = None
    account: strawberry.ID | None = strawberry.field(default=None, description="Takes part.")


@strawberry.input(description="What a cluster must be; all that is given must hold.")
class AlertClusterFilter:
    """The conditions."""

    network: str | None = None
    processing_date: date | None = None
    window_days: int | None = None
    cluster_type: str | None = None
    id: strawberry.ID | None = None


@strawberry.type
class AlertQueries:
    """Root fields on alerts."""

    @strawberry.field(
        description="One alert; null where there is none.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def alert(self, info: Info, id: strawberry.ID) -> Alert | None:  # noqa: A002
        """One alert."""
        row = await info.context.loaders.alerts.load(str(id))
        return None if row is None else Alert.of(row)

    @strawberry.field(
        description="Alerts: newest processing date first, of it those still open or in "
        "review, then by priority.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def alerts(
        self,
        info: Info,
        filter: AlertFilter | None = None,  # noqa: A002
        first: int = DEFAULT_PAGE,
        after: str | None = None,
    ) -> Connection[Alert]:
        """A page of alerts."""
        size = info.context.page_size(first)
        place: dict[str, object] = {}
        if after is not None:
            kinds = (str, int, float, str)
            names = ("day", "settled", "priority", "after")
            place = dict(zip(names, decode_cursor(after, "alerts", *kinds), strict=True))
        frame = await info.context.backend.reader.read(
            "lookups/api_alert_page", **_conditions(filter), **place, limit=size + 1
        )
        rows = await info.context.loaders.alerts.load_many(frame["id"].to_list())
        places = frame.select("day", "settled", "priority", "id").iter_rows()
        edges = [
            Edge(node=Alert.of(row), place=("alerts", *place))
            for row, place in zip(rows, places, strict=True)
            if row is not None
        ]
        page, end = paginate(edges, size)
        return Connection(edges=page, page_info=end)

    @strawberry.field(
        description="Patterns, newest processing date first.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def patterns(
        self,
        info: Info,
        filter: PatternFilter | None = None,  # noqa: A002
        first: int = DEFAULT_PAGE,
        after: str | None = None,
    ) -> Connection[Pattern]:
        """A page of patterns."""
        size = info.context.page_size(first)
        place: dict[str, object] = {}
        if after is not None:
            day, last = decode_cursor(after, "patterns", str, str)
            place = {"day": day, "after": last}
        frame = await info.context.backend.reader.read(
            "lookups/api_pattern_page", **_conditions(filter), **place, limit=size + 1
        )
        rows = await info.context.loaders.patterns.load_many(frame["key"].to_list())
        edges = [
            Edge(node=Pattern.of(row), place=("patterns", row.processing_date, row.key))
            for row in rows
            if row is not None
        ]
        page, end = paginate(edges, size)
        return Connection(edges=page, page_info=end)

    @strawberry.field(
        description="Clusters of alerts, newest processing date first, then the largest.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def alert_clusters(
        self,
        info: Info,
        filter: AlertClusterFilter | None = None,  # noqa: A002
        first: int = DEFAULT_PAGE,
        after: str | None = None,
    ) -> Connection[AlertCluster]:
        """A page of clusters."""
        size = info.context.page_size(first)
        place: dict[str, object] = {}
        if after is not None:
            day, alerts, last = decode_cursor(after, "alert-clusters", str, int, str)
            place = {"day": day, "alerts": alerts, "after": last}
        frame = await info.context.backend.reader.read(
            "lookups/api_alert_clusters", **_conditions(filter), **place, limit=size + 1
        )
        edges = [_cluster(row) for row in frame.iter_rows(named=True)]
        page, end = paginate(edges, size)
        return Connection(edges=page, page_info=end)


def _cluster(row: dict[str, Any]) -> Edge[AlertCluster]:
    place: Place = ("alert-clusters", row["processing_date"], row["total_alerts"], row["id"])
    typed = {
        **row,
        "processing_date": date.fromisoformat(row["processing_date"]),
        "severity_max": Severity(row["severity_max"]),
    }
    return Edge(node=AlertCluster(**typed), place=place)


def _conditions(wanted: object) -> dict[str, object]:
    """The filter's fields as parameters of its query."""
    if wanted is None:
        return {}
    values = {name: getattr(wanted, name) for name in wanted.__annotations__}
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "value", value)
