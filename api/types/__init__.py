"""GraphQL types: what they show and how they resolve; no query text and no driver here."""
