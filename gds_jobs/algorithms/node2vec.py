"""node2vec: node embeddings from biased random walks, seeded; slower than FastRP."""

from gds_jobs.job import Algorithm

JOB = Algorithm(
    summary="Embedding of every account by node2vec, a list of floats.",
    procedure=lambda gds: gds.node2vec,
    defaults={
        "embedding_dimension": 64,
        "walk_length": 40,
        "walks_per_node": 5,
        "in_out_factor": 1.0,
        "return_factor": 1.0,
        "random_seed": 42,
        "weight": "none",
    },
    undirected=True,
    embeds=True,
    concurrency=1,
    by_default=False,
    limit_seconds=600.0,
)
