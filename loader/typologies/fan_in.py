"""Many pay one account, which sends the sum on."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    sources = draw.size(others=2, least=5)
    parts = [draw.amount() for _ in range(sources)]
    legs = [Leg(2 + i, 0, part) for i, part in enumerate(parts)]
    legs.append(Leg(0, 1, sum(parts) * draw.kept(), 1))
    return Shape(["center", "forward_target", *["source"] * sources], legs, quiet=frozenset({0}))


TYPOLOGY = Typology(
    "Many pay one account, which sends the sum on.",
    _shape,
    accounts=(9, 16),
    least=7,
    days=(2, 10),
)
