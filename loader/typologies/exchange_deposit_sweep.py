"""Benign: an exchange's deposit accounts are paid and swept into the exchange."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    deposits = draw.size(others=1) // 2
    roles = ["exchange", *["deposit"] * deposits, *["customer"] * deposits]
    amounts = [draw.amount() for _ in range(deposits)]
    legs = [Leg(1 + deposits + i, 1 + i, amount) for i, amount in enumerate(amounts)]
    legs += [Leg(1 + i, 0, amount, 1) for i, amount in enumerate(amounts)]
    return Shape(roles, legs, hubs=frozenset({0}), batch=0.3 * DAY)


TYPOLOGY = Typology(
    "Benign: an exchange's deposit accounts are paid and swept into the exchange.",
    _shape,
    accounts=(9, 17),
    least=5,
    days=(0.5, 2),
    is_hard_negative=True,
)
