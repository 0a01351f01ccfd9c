"""What the TracedPipeline apps share: settings, the Kafka client, health, signals, logs."""
