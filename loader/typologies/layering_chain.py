"""A sum is passed on from account to account within a day each."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    length = draw.size() - 1
    amount = draw.amount(0.3)
    legs = []
    for hop in range(length):
        legs.append(Leg(hop, hop + 1, amount, hop))
        amount *= draw.kept()
    roles = ["source", *["intermediary"] * (length - 1), "destination"]
    inner = frozenset(range(1, length))
    return Shape(roles, legs, quiet=inner, longest=length * DAY / 2)


TYPOLOGY = Typology(
    "A sum is passed on from account to account within a day each.",
    _shape,
    accounts=(4, 9),
    least=4,
    days=(0.5, 4),
)
