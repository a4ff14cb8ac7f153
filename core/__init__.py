"""The shared vocabulary: names of the graph, frame schemas, amounts, errors, open folders."""
