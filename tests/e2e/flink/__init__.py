"""A package, so that pytest has fixtures for all of its stories and no others."""
