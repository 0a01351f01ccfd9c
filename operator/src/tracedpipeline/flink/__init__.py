"""What Flink tells about its job, and what that means for the consumer. Pure."""
