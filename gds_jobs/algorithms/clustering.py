"""Local clustering coefficient 2E / (k (k - 1)) of the undirected simple graph."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Share of an account's pairs of counterparties that exchanged transfers themselves.",
    procedure=lambda gds: gds.local_clustering_coefficient,
    defaults={},
    simple=True,
    by_default=False,
)
