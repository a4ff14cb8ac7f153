"""The front doors: GraphQL, REST and the command line; imported by nothing."""
