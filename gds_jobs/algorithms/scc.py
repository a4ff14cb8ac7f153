"""Strongly connected components: accounts that reach each other along transfers."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Number of the strongly connected component of every account.",
    procedure=lambda gds: gds.scc,
    defaults={"consecutive_ids": True},
)
