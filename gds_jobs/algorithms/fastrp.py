"""FastRP: node embeddings from random projections, the same for the same seed and graph."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Embedding of every account by fast random projection, a list of floats.",
    procedure=lambda gds: gds.fast_rp,
    defaults={
        "embedding_dimension": 64,
        "normalization_strength": 0.0,
        "random_seed": 42,
        "weight": "none",
    },
    undirected=True,
    embeds=True,
)
