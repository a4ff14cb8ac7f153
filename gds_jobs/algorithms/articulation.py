"""Articulation points: accounts whose removal splits their component."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Whether the removal of an account would split its component: 1 or 0.",
    procedure=lambda gds: gds.articulation_points,
    defaults={},
    simple=True,
)
