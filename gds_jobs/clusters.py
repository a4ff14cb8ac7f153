"""Which alerts of a batch belong together: the four rules of spec/alerts.md section 2.3.

Each rule returns `id` (of the alert) and `cluster` (any label); an alert is in at most one cluster
of a rule.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

LARGEST = 50
"""Alerts of a network cluster that is not split."""

TOGETHER = timedelta(hours=24)
LEAST_TEMPORAL = 3

_GAMMAS = (1.0, 2.0, 4.0, 8.0)


def same_entity(alerts: pl.DataFrame) -> pl.DataFrame:
    """Alerts of one entity, or of one account that has none."""
    owner = pl.coalesce("entity", "account")
    return _of_at_least(alerts.select("id", cluster=owner), 2)


def same_pattern(alerts: pl.DataFrame) -> pl.DataFrame:
    """Alerts that one pattern triggered; an alert of several counts for its leading one."""
    own = alerts.filter(pl.col("pattern_id").is_not_null())
    return _of_at_least(own.select("id", cluster="pattern_id"), 2)


def network(
    alerts: pl.DataFrame,
    pairs: pl.DataFrame,
    split: Callable[[pl.DataFrame, float], pl.DataFrame],
) -> pl.DataFrame:
    """Alerts of accounts that are connected directly or through one account that is no hub.

    Args:
        alerts: of the batch.
        pairs: `account` (alerted), `counterparty` (no hub).
        split: communities (`account`, `community`) of pairs at a resolution; none where every
            account is one of its own.
    """
    groups = [
        group for whole in _components(pairs) for group in _small(whole, pairs, alerts, split, 0)
    ]
    labelled = [
        alerts.filter(pl.col("account").is_in(list(group)))
        .filter(pl.col("account").n_unique() > 1)
        .select("id", cluster=pl.lit(min(group)))
        for group in groups
    ]
    empty = pl.DataFrame(schema={"id": pl.String, "cluster": pl.String})
    return _of_at_least(pl.concat([empty, *labelled]), 2)


def _small(
    group: set[str],
    pairs: pl.DataFrame,
    alerts: pl.DataFrame,
    split: Callable[[pl.DataFrame, float], pl.DataFrame],
    depth: int,
) -> list[set[str]]:
    """The group, its communities until each is small, or cuts where no finer ones come."""
    own = alerts.filter(pl.col("account").is_in(list(group)))
    if own.height <= LARGEST or own["account"].n_unique() == 1:
        return [group]
    inside = pairs.filter(
        pl.col("account").is_in(list(group)) & pl.col("counterparty").is_in(list(group))
    )
    if inside.is_empty() or depth == len(_GAMMAS):
        return _cut(own, inside)
    found = split(inside, _GAMMAS[depth])
    if found.is_empty():
        return _cut(own, inside)
    parts = [set(part["account"]) for part in found.partition_by("community", maintain_order=True)]
    return [small for part in parts for small in _small(part, pairs, alerts, split, depth + 1)]


def _cut(alerts: pl.DataFrame, pairs: pl.DataFrame) -> list[set[str]]:
    """Accounts side by side, neighbours first, so many that their alerts are no more than LARGEST.

    An account is never divided: one that has more alerts than that stands alone.
    """
    names, matrix = _adjacent(pairs)
    reached: list[str] = []
    if names:
        order = breadth_first_order(matrix, 0, directed=False, return_predecessors=False)
        reached = [names[place] for place in order]
    counts = dict(alerts.group_by("account").len().sort("account").iter_rows())
    left = LARGEST
    parts: list[set[str]] = [set()]
    for account in dict.fromkeys([*reached, *counts]):
        if counts.get(account, 0) > left and parts[-1]:
            parts.append(set())
            left = LARGEST
        parts[-1].add(account)
        left -= counts.get(account, 0)
    return parts


def temporal(alerts: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Alerts of one typology and asset that start within a day and share a counterparty.

    A cluster begins with the earliest alert that is in none, and holds what a chain of shared
    counterparties connects to it within the day after; fewer than LEAST_TEMPORAL are none.
    """
    timed = alerts.filter(pl.col("started").is_not_null()).sort("started", "id")
    found = []
    for group in timed.partition_by("typology_type", "asset", maintain_order=True):
        ids, starts = group["id"].to_list(), group["started"].to_list()
        links = group.with_row_index("place").join(pairs, on="account")
        dealt = dict(links.group_by("place").agg("counterparty").iter_rows())
        shown = dict(links.group_by("counterparty").agg(pl.col("place").sort()).iter_rows())
        free = set(range(group.height))
        for first, start in enumerate(starts):
            end = bisect_right(starts, start + TOGETHER)
            if first not in free or end - first < LEAST_TEMPORAL:
                continue
            together = _reached(range(first, end), free, dealt, shown)
            if len(together) >= LEAST_TEMPORAL:
                free -= together
                found += [(ids[place], ids[first]) for place in together]
    schema = {"id": pl.String, "cluster": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row").sort("cluster", "id")


def _reached(
    day: range,
    free: Container[int],
    dealt: Mapping[int, Sequence[str]],
    shown: Mapping[str, Sequence[int]],
) -> set[int]:
    """Alerts of a day that are free and that shared counterparties connect to its first."""
    reached, known, waiting = {day[0]}, set[str](), [day[0]]
    while waiting:
        new = set(dealt.get(waiting.pop(), ())) - known
        known |= new
        mates = {place for name in new for place in shown[name] if place in day and place in free}
        waiting += mates - reached
        reached |= mates
    return reached


def _of_at_least(found: pl.DataFrame, least: int) -> pl.DataFrame:
    return found.filter(pl.len().over("cluster") >= least).sort("cluster", "id")


def _components(pairs: pl.DataFrame) -> list[set[str]]:
    """Connected components of `account` - `counterparty`, by their smallest member."""
    names, matrix = _adjacent(pairs)
    if not names:
        return []
    _, label = connected_components(matrix, directed=False)
    frame = pl.DataFrame({"name": names, "label": label})
    return [set(part["name"]) for part in frame.partition_by("label", maintain_order=True)]


def _adjacent(pairs: pl.DataFrame) -> tuple[list[str], coo_array]:
    """The accounts of pairs in the order of their ids, and which of them are a pair."""
    names = pl.concat([pairs["account"], pairs["counterparty"]]).unique().sort()
    place = {name: number for number, name in enumerate(names)}
    ends = tuple(
        pairs[end].replace_strict(place, return_dtype=pl.Int64).to_numpy()
        for end in ("account", "counterparty")
    )
    ones = np.ones(pairs.height, dtype=np.int8)
    return names.to_list(), coo_array((ones, ends), shape=(names.len(), names.len()))
