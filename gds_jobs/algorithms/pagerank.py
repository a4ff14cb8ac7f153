"""PageRank as GDS computes it.

Every account starts from (1 - damping) and the mass of accounts without transfers out is not
redistributed; the L1Norm scaler makes the scores sum to 1. This differs from the textbook variant.
"""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="PageRank of every account over its transfers in, summing to 1.",
    procedure=lambda gds: gds.page_rank,
    defaults={
        "damping_factor": 0.85,
        "max_iterations": 100,
        "tolerance": 1e-6,
        "scaler": "L1Norm",
        "weight": "count",
    },
)
