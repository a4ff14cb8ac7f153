"""The few addresses beside GraphQL: is it alive, is it ready."""
