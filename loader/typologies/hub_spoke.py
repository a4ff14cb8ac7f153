"""One account pays several, and each sends nearly all of it back."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    spokes = draw.size(others=1, least=5)
    legs = []
    for slot in range(1, 1 + spokes):
        amount = draw.amount()
        legs += [Leg(0, slot, amount), Leg(slot, 0, amount * draw.kept(), 1)]
    return Shape(["hub", *["spoke"] * spokes], legs, longest=2.5 * DAY)


TYPOLOGY = Typology(
    "One account pays several, and each sends nearly all of it back.",
    _shape,
    accounts=(6, 11),
    least=6,
    days=(0.5, 2.5),
)
