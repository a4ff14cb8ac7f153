"""FairOnChain's chain from features to fused scores: the job `anomaly` and its account table."""
