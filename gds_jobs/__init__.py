"""Graph jobs inside the database: projections, algorithms, features, their runs."""
