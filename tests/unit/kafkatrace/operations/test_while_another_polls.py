import asyncio
import threading
import time

import confluent_kafka
from confluent_kafka import TopicPartition
from kafkatrace import AIOConsumer, Consumer

from tests.unit.kafkatrace.recording import QUIET, Receive, Recorder, ids, say, send


def test_process_does_not_wait_for_a_poll_of_another_thread(
    bare: confluent_kafka.Producer, topic: str, consumer: Consumer, receive: Receive, recorder: Recorder
) -> None:
    send(bare, topic)
    message = receive()
    assert consumer.poll(10) is not None  # the partition's end
    polling = threading.Thread(target=consumer.poll, args=(60,))
    polling.start()
    time.sleep(0.2)  # so that it has begun; were it not, the test would only see less
    with consumer.process(message):
        pass
    assert polling.is_alive(), "it is not what process() waited for"
    send(bare, topic)
    polling.join()
    assert say(recorder.span("process"), "kafkatrace.consumer.lag") == 0
    assert say(recorder.span("process"), "messaging.kafka.cluster.id") is not None


async def test_process_does_not_hold_the_loop_while_another_task_polls(
    bare: confluent_kafka.Producer, broker: str, topic: str, recorder: Recorder
) -> None:
    send(bare, topic)
    conf = {"bootstrap.servers": broker, "group.id": topic, **QUIET}
    async with AIOConsumer(conf, tracing=recorder.tracing) as consumer:
        await consumer.assign([TopicPartition(topic, 0, 0)])
        with recorder.tracing.tracer.start_as_current_span("around") as around:
            (message,) = await consumer.consume(1, 10)
        polling = asyncio.create_task(consumer.poll(60))
        await asyncio.sleep(0.2)  # so that it has begun; were it not, the test would only see less
        with consumer.process(message):
            pass
        assert not polling.done(), "it is not what process() waited for"
        send(bare, topic)
        await polling
    assert say(recorder.span("process"), "kafkatrace.consumer.lag") == 0
    assert ids(recorder.span("poll"))[2] == around.get_span_context().span_id
