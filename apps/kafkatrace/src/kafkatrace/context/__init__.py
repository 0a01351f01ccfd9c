"""Trace context: ids, headers, the decision to sample."""
