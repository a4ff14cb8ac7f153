"""A sum travels round three to six accounts, a little less at every hop."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    length = draw.size()
    amount = draw.amount()
    legs = []
    for hop in range(length):
        legs.append(Leg(hop, (hop + 1) % length, amount, hop))
        amount *= draw.kept()
    return Shape(["origin", *["member"] * (length - 1)], legs)


TYPOLOGY = Typology(
    "A sum travels round three to six accounts, a little less at every hop.",
    _shape,
    accounts=(3, 6),
    least=3,
    days=(1, 7),
)
