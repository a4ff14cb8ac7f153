"""One pays several, who all pay the same other account."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    branches = draw.size(others=2, least=3)
    legs = []
    for slot in range(2, 2 + branches):
        amount = draw.amount()
        legs += [Leg(0, slot, amount), Leg(slot, 1, amount * draw.kept(), 1)]
    return Shape(["source", "collector", *["intermediary"] * branches], legs)


TYPOLOGY = Typology(
    "One pays several, who all pay the same other account.",
    _shape,
    accounts=(5, 10),
    least=5,
    days=(2, 10),
)
