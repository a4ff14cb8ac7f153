"""Benign: a payment comes back in full."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    amount = draw.amount()
    legs = [Leg(0, 1, amount), Leg(1, 0, amount, 1)]
    return Shape(["buyer", "merchant"], legs)


TYPOLOGY = Typology(
    "Benign: a payment comes back in full.",
    _shape,
    accounts=(2, 2),
    least=2,
    days=(1, 6),
    is_hard_negative=True,
)
