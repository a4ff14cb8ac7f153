"""Benign: an exchange pays out what many customers asked for at once."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    customers = draw.size(others=1)
    legs = [Leg(0, 1 + i, draw.amount()) for i in range(customers)]
    return Shape(["exchange", *["customer"] * customers], legs, hubs=frozenset({0}), longest=900)


TYPOLOGY = Typology(
    "Benign: an exchange pays out what many customers asked for at once.",
    _shape,
    accounts=(9, 21),
    least=3,
    days=(0.005, 0.01),
    is_hard_negative=True,
)
