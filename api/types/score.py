"""Scores, and the runs they belong to."""

from datetime import datetime

import strawberry

from api.types.rows import ScoreRow
from api.types.scalars import Long


@strawberry.type(description="An account's score in one run of a model.")
class Score:
    """One score."""

    model: str
    run: strawberry.ID
    value: float
    percentile: float | None = strawberry.field(description="Hazen, in [0, 100].")
    band: str | None = strawberry.field(description="low, medium, high or critical.")
    reasons: list[str]

    @classmethod
    def of(cls, row: ScoreRow) -> "Score":
        """The score of a row."""
        return cls(
            model=row.model,
            run=strawberry.ID(row.run),
            value=row.value,
            percentile=row.percentile,
            band=row.band,
            reasons=row.reasons or [],
        )


@strawberry.type(description="One publication of a model's scores; sealed runs never change.")
class ScoreRun:
    """One run; its fields are the columns of `lookups/api_score_runs`."""

    id: strawberry.ID
    model: str
    state: str = strawberry.field(description="writing, sealed, active, retired or failed.")
    version: str | None
    network: str | None
    task: str | None
    as_of: datetime | None = strawberry.field(description="The data cut-off.")
    accounts: Long | None
    hash: str | None = strawberry.field(description="SHA-256 over sorted accounts and values.")
    prev_hash: str | None
    model_sha256: str | None
    export_id: str | None
    parameters: str | None
    archive: str | None = strawberry.field(
        description="File that holds the scores of a run that left the graph."
    )
    error: str | None
    started: datetime | None
    finished: datetime | None


@strawberry.type(description="A model and the run that readers see.")
class Model:
    """One model."""

    name: str
    active_run: strawberry.ID | None
