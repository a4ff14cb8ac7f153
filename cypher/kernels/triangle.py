"""Triangles in time, in whole columns."""

from __future__ import annotations

from functools import partial

from cypher.motifs import Kernel
from cypher.searches import rings

KERNEL = Kernel(
    partial(rings.match, name="triangle", kind=rings.Kind(3, 3, null_is_default=True)),
    ("temporal", "conserving"),
)
