"""Communities by the Louvain method; on hub-heavy ledgers 18 to 82 s at a million transfers."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Number of every account's community by the Louvain method.",
    procedure=lambda gds: gds.louvain,
    defaults={"max_levels": 10, "max_iterations": 10, "tolerance": 1e-4, "weight": "count"},
    arguments=lambda given, _nodes: {**given, "consecutive_ids": True},
    simple=True,
    concurrency=1,
    by_default=False,
    limit_seconds=300.0,
)
