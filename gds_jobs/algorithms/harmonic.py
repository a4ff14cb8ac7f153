"""Harmonic centrality: mean of 1 / distance from every other account, 0 where there is no path.

One search from every account: quadratic.
"""

from gds_jobs.job import Algorithm, breadth_first_memory

JOB = Algorithm(
    summary="Mean of 1 / distance from all other accounts along the direction of transfers.",
    procedure=lambda gds: gds.harmonic_centrality,
    defaults={},
    memory=breadth_first_memory,
    by_default=False,
)
