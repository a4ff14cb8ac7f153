"""Communities by label propagation; on one thread, so that the same graph gives the same ones."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Number of every account's community by label propagation.",
    procedure=lambda gds: gds.label_propagation,
    defaults={"max_iterations": 10, "consecutive_ids": True, "weight": "none"},
    simple=True,
    concurrency=1,
)
