"""Root fields that write or start work; each needs a key with its own scope."""
