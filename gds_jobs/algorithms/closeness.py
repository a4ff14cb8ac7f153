"""Closeness: how near an account is to those whose money can reach it, by Wasserman and Faust.

((r - 1) / (n - 1)) * ((r - 1) / sum of distances), where r counts the accounts that reach it and
itself, and n all accounts; unweighted, along the direction of transfers. One search from every
account: quadratic. Source: spec/features-and-rules.md section 8.
"""

from gds_jobs.job import Algorithm, breadth_first_memory

JOB = Algorithm(
    summary="Closeness of every account to the accounts that reach it, after Wasserman and Faust.",
    procedure=lambda gds: gds.closeness_centrality,
    defaults={"use_wasserman_faust": True},
    memory=breadth_first_memory,
    by_default=False,
)
