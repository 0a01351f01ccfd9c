"""Traces, read back from Jaeger."""
