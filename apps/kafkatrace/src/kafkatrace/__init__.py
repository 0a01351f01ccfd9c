"""Connected OpenTelemetry traces through Kafka: a drop-in for confluent-kafka.

tracing = kafkatrace.configure("orders-producer")
producer = kafkatrace.Producer(conf, tracing=tracing)      # every method of confluent_kafka.Producer
consumer = kafkatrace.Consumer(conf, tracing=tracing)      # every method of confluent_kafka.Consumer
with consumer.process(message) as span: ...                # queue span and process span
tracing.shutdown(timeout=5.0)                              # FlushResult(exported, dropped)
"""

from importlib.metadata import version

from kafkatrace import sdk_import  # noqa: F401 - before anything else imports the SDK
from kafkatrace.clients.aio import AIOConsumer, AIOProducer
from kafkatrace.clients.consumer import Consumer
from kafkatrace.clients.producer import Producer
from kafkatrace.clients.record_receiver import RecordReceiver
from kafkatrace.clients.serializing import DeserializingConsumer, SerializingProducer
from kafkatrace.clients.share import DeserializingShareConsumer, ShareConsumer
from kafkatrace.context.headers import Headers
from kafkatrace.export.pipeline import FlushResult
from kafkatrace.hotpath.choose import implementation
from kafkatrace.logs import LogFilter
from kafkatrace.operations.stage import Stage
from kafkatrace.propagation import context_headers
from kafkatrace.tracing import Tracing, configure, current

__version__ = version("kafkatrace")

__all__ = [
    "AIOConsumer",
    "AIOProducer",
    "Consumer",
    "DeserializingConsumer",
    "DeserializingShareConsumer",
    "FlushResult",
    "Headers",
    "LogFilter",
    "Producer",
    "RecordReceiver",
    "SerializingProducer",
    "ShareConsumer",
    "Stage",
    "Tracing",
    "__version__",
    "configure",
    "context_headers",
    "current",
    "implementation",
]
