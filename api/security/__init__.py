"""Who may ask what, and how much: keys, scopes, limits, the document guard, masked errors."""
