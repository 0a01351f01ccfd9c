"""A pipeline on this machine alone: `tracedpipeline up` runs its producer and consumer without any cluster."""
