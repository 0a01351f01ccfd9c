"""Reads JSON orders from a Kafka topic, at least once each, every one traced."""
