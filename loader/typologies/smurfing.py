"""Several who never paid it before pay one account like amounts within a day."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    smurfs = draw.size(others=1, least=5)
    parts = draw.around(draw.amount(), smurfs, 0.25)
    legs = [Leg(1 + i, 0, part) for i, part in enumerate(parts)]
    return Shape(["collector", *["smurf"] * smurfs], legs, strangers=True, longest=0.9 * DAY)


TYPOLOGY = Typology(
    "Several who never paid it before pay one account like amounts within a day.",
    _shape,
    accounts=(6, 12),
    least=6,
    days=(0.2, 0.9),
)
