"""What tracing Kafka messages costs: kafkatrace beside the bare client and the contrib instrumentation."""
