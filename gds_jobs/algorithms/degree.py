"""Degree: with how many accounts an account exchanged transfers, in either direction."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Number of distinct counterparties of every account, itself included where it is one.",
    procedure=lambda gds: gds.degree_centrality,
    defaults={},
    undirected=True,
)
