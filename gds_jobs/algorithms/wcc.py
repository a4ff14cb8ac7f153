"""Weakly connected components: which accounts hang together when direction is ignored."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Number of the weakly connected component of every account.",
    procedure=lambda gds: gds.wcc,
    defaults={"consecutive_ids": True},
)
