"""Where a message is: from what Kafka and the trace store know of it to an answer."""
