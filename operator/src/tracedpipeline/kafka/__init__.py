"""How a pipeline reaches Kafka, and what is done there."""
