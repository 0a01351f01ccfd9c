"""Sends JSON orders to a Kafka topic at a steady rate, each one traced."""
