"""confluent-kafka's clients, traced."""
