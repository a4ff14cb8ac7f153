"""What the score runs of anomaly jobs have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cypher.scores import ScoreRunSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gds_jobs.job import Context


def spec_of(context: Context, model: str, facts: Mapping[str, object]) -> ScoreRunSpec:
    """A run of `model` over what a job covers; its facts are kept as parameters."""
    return ScoreRunSpec(
        model=model,
        version=context.run,
        network=context.network,
        task="anomaly_detection",
        as_of=context.spec.as_of,
        window=context.spec.window,
        parameters=json.dumps(facts, sort_keys=True),
    )
