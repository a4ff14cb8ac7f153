"""Which threshold a structurer stays below."""

import numpy as np
import pytest

from loader.synthesis.typology import TYPOLOGIES, Draw


@pytest.mark.parametrize(
    ("largest", "threshold", "given"),
    [(8_100, 10_000, {}), (60_000, 10_000, {}), (6_000, 7_000, {"threshold": 7_000})],
)
def test_the_threshold_that_is_reported(
    largest: float, threshold: float, given: dict[str, float]
) -> None:
    for amount in drawn(largest, given):
        assert 0.8 * threshold <= amount <= 0.99 * threshold


def test_a_round_sum_where_amounts_come_nowhere_near() -> None:
    amounts = drawn(950, {})
    assert max(amounts) < 1_000
    assert max(amounts) / min(amounts) <= 0.99 / 0.8


def drawn(largest: float, given: dict[str, float]) -> list[float]:
    """Amounts of a planted structurer among amounts up to the largest."""
    typology = TYPOLOGIES.get("structuring")
    values = {**typology.values, **given}
    amounts = np.linspace(1, largest, 2_000)
    shape = typology.shape(Draw(np.random.default_rng(3), typology.accounts, amounts, values))
    return [leg.amount for leg in shape.legs]
