"""How far detectors agree, on the same accounts and between periods, and how right they are.

spec/features-and-rules.md section 7. Agreement is not correctness: detectors that read the same
columns agree in their errors too. Only labels tell.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from ml import metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from ml.contract import Floats, Integers

SHARES = (0.001, 0.005, 0.01)
"""Shares of the accounts that are called the top."""

FLAGGED = 0.99
"""Quantile (linear) from which on a score counts as a flag, for Cohen's kappa."""

_LEAST = 2


@dataclass(frozen=True, slots=True)
class Top:
    """The k highest accounts of two detectors; ties are in the order of account ids."""

    first: str
    second: str
    share: float
    k: int
    intersection: int
    union: int
    jaccard: float
    overlap: float


@dataclass(frozen=True, slots=True)
class Triple:
    """How many accounts are in the top of every detector."""

    share: float
    k: int
    intersection: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Where one detector's top ends.

    Attributes:
        tied: accounts whose score is that of the last one in the top.
        tied_inside: how many of them are in it, by nothing but their id.
    """

    detector: str
    share: float
    k: int
    score: float
    tied: int
    tied_inside: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two detectors over all accounts; null where one of them gives all the same score.

    Attributes:
        spearman: rank correlation, ties by their mean rank; p_value of no correlation.
        kappa: Cohen's, on being at or above the FLAGGED quantile.
    """

    first: str
    second: str
    spearman: float | None
    p_value: float | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Truth:
    """A detector against labels: of the top's labelled accounts, and of all labelled ones.

    Attributes:
        labelled: accounts of the top that have a label.
        precision: share of them that is bad, null where there are none.
        recall: bad ones in the top by all bad ones.
        auc, average_precision: over the labelled accounts, the same for every share.
    """

    detector: str
    share: float
    k: int
    labelled: int
    precision: float | None
    recall: float
    auc: float
    average_precision: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """The report.

    Attributes:
        stability: each detector against itself in the period before, over the accounts of both.
        truth: empty where labels are not of both kinds.
    """

    accounts: int
    tops: tuple[Top, ...]
    triples: tuple[Triple, ...]
    cuts: tuple[Cut, ...]
    pairs: tuple[Pair, ...]
    stable_accounts: int
    stable_tops: tuple[Top, ...]
    stable_pairs: tuple[Pair, ...]
    truth: tuple[Truth, ...]

    def facts(self) -> dict[str, object]:
        """As JSON values."""
        return asdict(self)


def agree(
    scores: pl.DataFrame, before: pl.DataFrame | None = None, labels: pl.DataFrame | None = None
) -> Agreement:
    """Compare detectors.

    Args:
        scores: `account` and a column of scores for each detector, higher is stranger.
        before: the same of the period before.
        labels: `account` and `y`, 1 for bad and 0 for good.
    """
    now = scores.sort("account")
    names = [name for name in now.columns if name != "account"]
    values = {name: now[name].to_numpy() for name in names}
    couples = list(combinations(names, 2))
    same = now.head(0) if before is None else now.join(before, on="account", suffix=_BEFORE)
    own = {name: same[name].to_numpy() for name in same.columns if name != "account"}
    selves = [(name, name + _BEFORE) for name in names] if same.height else []
    shares = SHARES if now.height else ()
    return Agreement(
        accounts=now.height,
        tops=_tops(values, couples),
        triples=tuple(_all_of(values, share) for share in shares),
        cuts=tuple(_cut(name, values[name], share) for name in names for share in shares),
        pairs=tuple(_pair(values, *couple) for couple in couples),
        stable_accounts=same.height,
        stable_tops=_tops(own, selves),
        stable_pairs=tuple(_pair(own, *couple) for couple in selves),
        truth=_truth(now, names, labels),
    )


_BEFORE = " before"


def size(accounts: int, share: float) -> int:
    """How many accounts the top is: max(1, round(n q)), a half rounded up."""
    return max(1, int(np.floor(accounts * share + 0.5)))


def _order(score: Floats) -> Integers:
    """Rows from the highest score down; ties in the order of rows, which is that of ids."""
    return np.argsort(-score, kind="stable")


def _tops(values: Mapping[str, Floats], couples: Sequence[tuple[str, str]]) -> tuple[Top, ...]:
    order = {name: _order(score) for name, score in values.items()}
    found = []
    for share in SHARES:
        for first, second in couples:
            k = size(order[first].size, share)
            both = np.intersect1d(order[first][:k], order[second][:k]).size
            union = 2 * k - both
            found.append(Top(first, second, share, k, both, union, both / union, both / k))
    return tuple(found)


def _all_of(values: Mapping[str, Floats], share: float) -> Triple:
    k = size(min(score.size for score in values.values()), share)
    tops = [set(_order(score)[:k].tolist()) for score in values.values()]
    return Triple(share, k, len(set.intersection(*tops)))


def _cut(detector: str, score: Floats, share: float) -> Cut:
    k = size(score.size, share)
    last = float(np.sort(score)[-k])
    above = int((score > last).sum())
    return Cut(detector, share, k, last, int((score == last).sum()), k - above)


def _pair(values: Mapping[str, Floats], first: str, second: str) -> Pair:
    one, other = values[first], values[second]
    if one.size < _LEAST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return Pair(first, second, None, None, None)
    rank = spearmanr(one, other)
    flags = [score >= np.quantile(score, FLAGGED) for score in (one, other)]
    # Where both flag everybody or nobody else there is nothing to agree on beyond chance.
    kappa = None if all(flag.all() for flag in flags) else float(cohen_kappa_score(*flags))
    # Two accounts always lie in one order or the other; a p-value needs three.
    p_value = None if np.isnan(rank.pvalue) else float(rank.pvalue)
    return Pair(first, second, float(rank.statistic), p_value, kappa)


def _truth(
    now: pl.DataFrame, names: Sequence[str], labels: pl.DataFrame | None
) -> tuple[Truth, ...]:
    if labels is None:
        return ()
    joined = now.join(labels.select("account", "y"), on="account", how="left").sort("account")
    known = joined["y"].is_not_null().to_numpy()
    y = joined["y"].fill_null(0).to_numpy().astype(np.int64)
    if not 0 < y[known].sum() < known.sum():
        return ()
    found = []
    for name in names:
        score = joined[name].to_numpy()
        order = _order(score)
        auc = metrics.auc(y[known], score[known])
        average = metrics.average_precision(y[known], score[known])
        for share in SHARES:
            top = order[: size(score.size, share)]
            labelled, bad = int(known[top].sum()), int(y[top].sum())
            precision = bad / labelled if labelled else None
            recall = bad / int(y.sum())
            k = int(top.size)
            found.append(Truth(name, share, k, labelled, precision, recall, auc, average))
    return tuple(found)
