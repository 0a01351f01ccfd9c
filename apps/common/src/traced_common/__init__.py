"""What the TracedPipeline apps share: settings, the Kafka client, orders, health, signals, logs."""
