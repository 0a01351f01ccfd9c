import time
from pathlib import Path

from tracedpipeline.api import TracedPipeline
from tracedpipeline.local.figures import END_TO_END, Figures
from tracedpipeline.local.receiver import Receiver
from tracedpipeline.local.store import Store
from tracedpipeline.local.watching import Watch, measured
from tracedpipeline.loopback import listen, serving
from tracedpipeline.untrusted.bounded_http import open_session
from tracedpipeline.verdict import Verdict

from tests.unit.operator.local.otlp import histogram, message

PROTOBUF = {"Content-Type": "application/x-protobuf"}


async def test_the_page_has_the_newest_traces_and_the_last_verdict(tmp_path: Path, pipeline: TracedPipeline) -> None:
    figures = Figures()
    async with serving(Receiver(Store(tmp_path), figures).application(), listen(0)) as url, open_session() as session:
        watch = Watch(pipeline, url, figures)
        empty = await watch.look()
        assert (empty.ok, empty.traces, empty.flow.topic) == (None, (), "traced-topic")
        async with session.post(f"{url}/v1/traces", data=message(time.time_ns()).SerializeToString(), headers=PROTOBUF):
            watch.note(Verdict(True, "TracesFlowing", "read back"))
        page = await watch.look()
        assert (page.ok, page.reason) == (True, "TracesFlowing")
        assert [bar.service for bar in page.traces[0].bars] == ["orders-producer", "orders-kafka", "orders-consumer"]


async def test_a_trace_store_that_does_not_answer_is_the_verdict(pipeline: TracedPipeline) -> None:
    watch = Watch(pipeline, "http://127.0.0.1:9", Figures())
    watch.note(Verdict(True, "TracesFlowing", "read back"))
    page = await watch.look()
    assert (page.ok, page.reason) == (False, "JaegerUnreachable")


def test_the_figures_are_milliseconds_of_all_messages() -> None:
    figures = Figures()
    assert measured(figures) is None
    figures.take(histogram(END_TO_END, [0, 1200, 0], [0.01, 0.02]))
    found = measured(figures)
    assert found is not None
    assert (found.bounds, found.counts, found.p50, found.queue_p50) == ((10.0, 20.0), (0, 1200, 0), 15.0, None)
    assert found.covers == "all 1,200 messages, sampled or not"
