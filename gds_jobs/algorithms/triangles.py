"""Triangles of the undirected graph of counterparties; directed cycles are the motif `triangle`.

Accounts with more than `max_degree` counterparties are left out, and get -1 from GDS: hubs of a
ledger would take most of the time.
"""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Number of undirected triangles of every account; -1 beyond max_degree counterparties.",
    procedure=lambda gds: gds.triangle_count,
    defaults={"max_degree": 1000},
    simple=True,
)
