"""Eigenvector centrality by power iteration over transfers in, of length 1 (L2)."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Eigenvector centrality of every account over its transfers in.",
    procedure=lambda gds: gds.eigenvector_centrality,
    defaults={"max_iterations": 100, "tolerance": 1e-6, "weight": "none"},
)
