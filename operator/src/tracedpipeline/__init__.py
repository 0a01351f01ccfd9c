"""The TracedPipeline operator; docs/architecture.md tells how its modules hang together."""
