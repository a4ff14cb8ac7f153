"""One account is paid and pays it out to many."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    destinations = draw.size(others=2, least=5)
    parts = [draw.amount() for _ in range(destinations)]
    legs = [Leg(1, 0, sum(parts) / draw.kept())]
    legs += [Leg(0, 2 + i, part, 1) for i, part in enumerate(parts)]
    return Shape(["center", "source", *["destination"] * destinations], legs, quiet=frozenset({0}))


TYPOLOGY = Typology(
    "One account is paid and pays it out to many.",
    _shape,
    accounts=(9, 16),
    least=7,
    days=(2, 10),
)
