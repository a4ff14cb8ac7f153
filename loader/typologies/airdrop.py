"""Benign: equal small amounts go to many at once."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    receivers = draw.size(others=1)
    amount = draw.amount() * 0.5
    legs = [Leg(0, 1 + i, amount) for i in range(receivers)]
    return Shape(["sender", *["receiver"] * receivers], legs, longest=3_600)


TYPOLOGY = Typology(
    "Benign: equal small amounts go to many at once.",
    _shape,
    accounts=(16, 41),
    least=3,
    days=(0.01, 0.04),
    is_hard_negative=True,
)
