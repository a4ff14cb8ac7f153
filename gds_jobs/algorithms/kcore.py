"""Core number: the largest k of a group with the account in which each has k counterparties.

On one thread: several often wait seconds for each other, and need no less time at best.
"""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Core number of every account in the undirected graph of counterparties.",
    procedure=lambda gds: gds.k_core_decomposition,
    defaults={},
    simple=True,
    concurrency=1,
)
