"""Benign: a company moves a sum round its own accounts."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    length = draw.size()
    amount = draw.amount(0.3)
    legs = [Leg(hop, (hop + 1) % length, amount, hop) for hop in range(length)]
    return Shape(["treasury"] * length, legs)


TYPOLOGY = Typology(
    "Benign: a company moves a sum round its own accounts.",
    _shape,
    accounts=(3, 5),
    least=3,
    days=(2, 10),
    is_hard_negative=True,
)
