"""TracedPipelines in files. Pure."""
