"""Connected OpenTelemetry traces through Kafka: a drop-in for confluent-kafka.

tracing = kafkatrace.configure("orders-producer")
producer = kafkatrace.Producer(conf, tracing=tracing)      # every method of confluent_kafka.Producer
consumer = kafkatrace.Consumer(conf, tracing=tracing)      # every method of confluent_kafka.Consumer
with consumer.process(message) as span: ...                # queue span and process span
tracing.shutdown(timeout=5.0)                              # FlushResult(exported, dropped)
"""
