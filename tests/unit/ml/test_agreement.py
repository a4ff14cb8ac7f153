"""Agreement of detectors: cases worked by hand, and formulas written out a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as reference

from ml.agreement import SHARES, Agreement, agree, size

if TYPE_CHECKING:
    from collections.abc import Sequence


def frame(**scores: Sequence[float]) -> pl.DataFrame:
    accounts = [f"a{i:04}" for i in range(len(next(iter(scores.values()))))]
    columns = {name: [float(value) for value in values] for name, values in scores.items()}
    return pl.DataFrame({"account": accounts, **columns})


@pytest.mark.parametrize(
    ("accounts", "share", "expected"),
    [(155, 0.01, 2), (150, 0.01, 2), (149, 0.01, 1), (10, 0.001, 1), (2_000, 0.005, 10)],
)
def test_the_top_is_at_least_one_and_a_half_is_rounded_up(
    accounts: int, share: float, expected: int
) -> None:
    assert size(accounts, share) == expected


def test_two_hundred_accounts_by_hand() -> None:
    """k = 2 at 1 %: a takes 199 and 198, b takes 198 and 0, c is flat but for 5."""
    a = list(range(200))
    b = [1_000.0, *range(1, 199), 0.5]
    c = [0.0] * 200
    c[5] = 1.0
    found = agree(frame(a=a, b=b, c=c))
    one = next(top for top in found.tops if (top.first, top.second, top.share) == ("a", "b", 0.01))
    assert (one.k, one.intersection, one.union) == (2, 1, 3)
    assert (one.jaccard, one.overlap) == (1 / 3, 1 / 2)
    assert [(each.k, each.intersection) for each in found.triples] == [(1, 0), (1, 0), (2, 0)]
    # All but account 5 are level: of these 199 only the first by its id is in the top of two.
    (cut,) = [cut for cut in found.cuts if (cut.detector, cut.share) == ("c", 0.01)]
    assert (cut.k, cut.score, cut.tied, cut.tied_inside) == (2, 0.0, 199, 1)
    (cut,) = [cut for cut in found.cuts if (cut.detector, cut.share) == ("a", 0.01)]
    assert (cut.score, cut.tied, cut.tied_inside) == (198.0, 1, 1)
    # The top of c holds 5 and, by its id, 0, which is in the top of b too.
    (top,) = [t for t in found.tops if (t.first, t.second, t.share) == ("b", "c", 0.01)]
    assert top.intersection == 1


def test_spearman_and_kappa_by_hand() -> None:
    """Ranks 1 2 3 4 against 2 1 4 3: the squared differences sum to 4, 1 - 6*4/(4*15) = 0.6."""
    found = agree(frame(a=[1, 2, 3, 4], b=[2, 1, 4, 3]))
    (pair,) = found.pairs
    assert pair.spearman == pytest.approx(0.6)
    # Each flags its highest alone: they agree on two of four, by chance on (1*1 + 3*3)/16 = 5/8.
    assert pair.kappa == pytest.approx((0.5 - 5 / 8) / (1 - 5 / 8))


def rank(values: np.ndarray) -> np.ndarray:
    """Mean ranks by counting, in n squared steps."""
    below = (values[:, None] > values[None, :]).sum(axis=1)
    level = (values[:, None] == values[None, :]).sum(axis=1)
    return below + (level + 1) / 2


def quantile(values: np.ndarray) -> float:
    """The 0.99 quantile at position 0.99 (n - 1), between its neighbours."""
    place, ordered = 0.99 * (values.size - 1), np.sort(values)
    low = int(place)
    return float(ordered[low] + (place - low) * (ordered[low + 1] - ordered[low]))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_many_accounts_with_ties_equal_formulas_written_out(seed: int) -> None:
    random = np.random.default_rng(seed)
    rules = random.choice([0.0, 1.0, 2.0], 700, p=[0.95, 0.04, 0.01])
    distance = np.round(rules + random.random(700) * 2, 1)
    forest = random.random(700)
    found = agree(frame(rules=rules, distance=distance, forest=forest))
    values = {"rules": rules, "distance": distance, "forest": forest}
    for pair in found.pairs:
        one, other = values[pair.first], values[pair.second]
        assert pair.spearman == pytest.approx(np.corrcoef(rank(one), rank(other))[0, 1])
        p, q = (score >= quantile(score) for score in (one, other))
        chance = p.mean() * q.mean() + (1 - p.mean()) * (1 - q.mean())
        assert pair.kappa == pytest.approx(((p == q).mean() - chance) / (1 - chance))

    def highest(name: str, k: int) -> set[int]:
        return {i for _, i in sorted((-score, i) for i, score in enumerate(values[name]))[:k]}

    for each in found.triples:
        assert each.intersection == len(set.intersection(*(highest(n, each.k) for n in values)))
    for top in found.tops:
        ranked = [highest(name, top.k) for name in (top.first, top.second)]
        assert top.intersection == len(ranked[0] & ranked[1])
        assert top.jaccard == len(ranked[0] & ranked[1]) / len(ranked[0] | ranked[1])
        assert top.overlap == len(ranked[0] & ranked[1]) / top.k


def test_the_order_of_rows_does_not_matter() -> None:
    scores = frame(a=[1, 1, 1, 1, 0], b=[0, 1, 1, 0, 1])
    assert agree(scores.reverse()) == agree(scores)


def test_a_flat_or_tiny_score_has_no_correlation() -> None:
    (pair,) = agree(frame(a=[1, 1, 1], b=[1, 2, 3])).pairs
    assert (pair.spearman, pair.p_value, pair.kappa) == (None, None, None)
    (pair,) = agree(frame(a=[1], b=[1])).pairs
    assert pair.spearman is None
    empty = agree(frame(a=[], b=[]))
    assert (empty.accounts, empty.cuts, empty.triples) == (0, (), ())


def test_periods_are_compared_over_the_accounts_of_both() -> None:
    now = frame(a=[1, 2, 3, 4], b=[1, 2, 3, 4])
    before = frame(a=[9, 1, 2, 3, 4], b=[4, 3, 2, 1, 0]).filter(pl.col("account") != "a0000")
    found = agree(now, before)
    assert found.stable_accounts == 3
    assert [(pair.first, pair.spearman) for pair in found.stable_pairs] == [
        ("a", pytest.approx(1)),
        ("b", pytest.approx(-1)),
    ]
    assert {(top.first, top.overlap) for top in found.stable_tops} == {("a", 1.0), ("b", 0.0)}
    assert agree(now).stable_tops == ()


def truth(found: Agreement, detector: str, share: float) -> tuple[object, ...]:
    (row,) = [t for t in found.truth if (t.detector, t.share) == (detector, share)]
    return row.k, row.labelled, row.precision, row.recall


def test_labels_tell_who_is_right() -> None:
    """Of 300 accounts the three highest are the top at 1 %: bad, without a label, good."""
    score = np.arange(300.0)
    labels = pl.DataFrame({"account": ["a0299", "a0297", "a0010", "a0020"], "y": [1, 0, 1, 0]})
    found = agree(frame(a=score, b=-score), labels=labels)
    assert truth(found, "a", 0.01) == (3, 2, 0.5, 0.5)
    assert truth(found, "b", 0.01) == (3, 0, None, 0.0)
    y, own = [1, 0, 1, 0], np.array([299.0, 297.0, 10.0, 20.0])
    for row in found.truth:
        given = own if row.detector == "a" else -own
        assert row.auc == pytest.approx(reference.roc_auc_score(y, given))
        expected = reference.average_precision_score(y, given)
        assert row.average_precision == pytest.approx(expected)
    assert len(found.truth) == 2 * len(SHARES)
    assert agree(frame(a=score, b=score), labels=labels.head(1)).truth == ()
