"""Communities by the Leiden method, seeded; on one thread, so that the seed decides.

On hub-heavy ledgers it may take minutes: not in `--all`, and with a time limit.
"""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Number of every account's community by the Leiden method, seeded.",
    procedure=lambda gds: gds.leiden,
    defaults={"random_seed": 42, "gamma": 1.0, "theta": 0.01, "max_levels": 10, "weight": "count"},
    arguments=lambda given, _nodes: {**given, "consecutive_ids": True},
    simple=True,
    concurrency=1,
    by_default=False,
    limit_seconds=300.0,
)
