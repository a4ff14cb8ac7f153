"""Several pay one account, which pays the sum out to others."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    members = draw.size(others=1, least=6)
    sources = members // 2
    given = [draw.amount() for _ in range(sources)]
    paid = draw.parts(sum(given) * draw.kept(), members - sources)
    legs = [Leg(1 + i, 0, amount) for i, amount in enumerate(given)]
    legs += [Leg(0, 1 + sources + i, amount, 1) for i, amount in enumerate(paid)]
    roles = ["center", *["source"] * sources, *["destination"] * len(paid)]
    return Shape(roles, legs, quiet=frozenset({0}))


TYPOLOGY = Typology(
    "Several pay one account, which pays the sum out to others.",
    _shape,
    accounts=(7, 13),
    least=7,
    days=(2, 10),
)
