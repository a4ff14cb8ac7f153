"""Two bipartite layers that share the accounts in the middle."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    members = draw.size(least=9)
    third = members // 3
    first, middle = list(range(third)), list(range(third, 2 * third))
    last = list(range(2 * third, members))
    legs = [Leg(a, b, draw.amount()) for a, b in draw.pairs(first, middle, 0.7)]
    onward = draw.pairs(middle, last, 0.7)
    for slot in middle:
        held = sum(leg.amount for leg in legs if leg.target == slot) * draw.kept()
        targets = [b for a, b in onward if a == slot]
        for target, amount in zip(targets, draw.parts(held, len(targets)), strict=True):
            legs.append(Leg(slot, target, amount, 1))
    roles = ["source"] * len(first) + ["intermediary"] * len(middle) + ["destination"] * len(last)
    return Shape(roles, legs)


TYPOLOGY = Typology(
    "Two bipartite layers that share the accounts in the middle.",
    _shape,
    accounts=(9, 15),
    least=9,
    days=(2, 10),
)
