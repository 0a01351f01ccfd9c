"""Reads JSON orders from a Kafka topic with Apache Flink, every one traced."""
