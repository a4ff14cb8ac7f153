"""An account makes many transfers within an hour."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    partners = draw.size(others=1)
    count = draw.count(15, 30)
    legs = []
    for number in range(count):
        partner = 1 + (number if number < partners else draw.count(0, partners - 1))
        ends = (0, partner) if draw.rng.random() < 0.7 else (partner, 0)  # noqa: PLR2004
        legs.append(Leg(*ends, draw.amount()))
    roles = ["actor", *["counterparty"] * partners]
    return Shape(roles, legs, quiet=frozenset({0}), longest=3_500)


TYPOLOGY = Typology(
    "An account makes many transfers within an hour.",
    _shape,
    accounts=(6, 13),
    least=2,
    days=(0.01, 0.04),
)
