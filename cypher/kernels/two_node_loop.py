"""Payments that are answered, in whole columns."""

from __future__ import annotations

from functools import partial

from cypher.motifs import Kernel
from cypher.searches import rings

_KIND = rings.Kind(2, 2, origin="initiator", other="partner", null_is_default=True)
KERNEL = Kernel(partial(rings.match, name="two_node_loop", kind=_KIND), ("temporal", "conserving"))
