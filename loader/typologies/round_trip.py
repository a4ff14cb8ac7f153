"""A sum comes back to where it began, nearly whole."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    length = draw.size()
    amount = draw.amount()
    legs = []
    for hop in range(length):
        legs.append(Leg(hop, (hop + 1) % length, amount, hop))
        amount *= draw.kept(0.97, 0.998)
    return Shape(["origin", *["intermediary"] * (length - 1)], legs)


TYPOLOGY = Typology(
    "A sum comes back to where it began, nearly whole.",
    _shape,
    accounts=(2, 6),
    least=2,
    days=(0.5, 6),
)
