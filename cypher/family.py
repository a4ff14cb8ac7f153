"""What a family of account features is, and what its values are refreshed from.

Families are found and read by `cypher.features`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cypher.graph import Graph

SHARE = 0.5
"""Above this share of accounts to compute, computing all of them costs no more."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which transfers count: of a network, of one asset or all, in `[since, until)`.

    `parameters` are those of one family, in the place of its defaults; `accounts` are those to
    compute, None for all.
    """

    network: str
    asset: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    accounts: pl.Series | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """The features of every account of a scope.

    Attributes:
        frame: `account` and the family's columns, one row an account of the scope.
        facts: what values depend on beside transfers of their accounts; a refresh is given them.
    """

    frame: pl.DataFrame
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What came to a network since a family was computed on its whole ledger; nothing else did.

    Attributes:
        facts: those that the stored values were computed with.
        pairs: `source` and `target` of the new transfers.
        above: the ledger above which they lie.
    """

    facts: Mapping[str, object]
    pairs: pl.DataFrame
    above: int

    @property
    def accounts(self) -> pl.Series:
        """Sorted ids of the accounts with new transfers."""
        return (
            pl.concat([self.pairs["source"], self.pairs["target"]])
            .unique()
            .sort()
            .rename("account")
        )


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh writes, so that every account is as if all had been computed.

    Attributes:
        accounts: those that were computed.
        frame: their features; an account that has no row has none.
        moved: some columns of others, which depend on the scope as a whole.
        facts: as of Features.
    """

    accounts: pl.Series
    frame: pl.DataFrame
    moved: pl.DataFrame | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Family:
    """A family of features that is computed outside Cypher.

    Attributes:
        summary: one sentence.
        columns: the features and their types, without the account.
        read: the features of a scope.
        refresh: those that a change of the whole ledger gives other values; None where all are to
            be computed.
        defaults: parameters that a run may replace.
        label_derived: whether labels have a part in it; then it is no input of a model.
    """

    summary: str
    columns: Mapping[str, pl.DataType]
    read: Callable[[Graph, Scope], Features]
    refresh: Callable[[Graph, Scope, Change], Refreshed | None]
    defaults: Mapping[str, object] = field(default_factory=dict)
    label_derived: bool = False
