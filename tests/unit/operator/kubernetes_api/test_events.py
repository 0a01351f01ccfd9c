"""Events: what happens again is counted, as kubectl shows it, in the one that tells of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tracedpipeline.kubernetes_api import events
from tracedpipeline.kubernetes_api.client import Cluster
from tracedpipeline.kubernetes_api.events import AGAIN_SECONDS, LONGEST_NOTE_BYTES, MOST, Events

from tests.unit.operator.apiserver import ApiServer, server

__all__ = ["server"]

PATH = "/apis/events.k8s.io/v1/namespaces/shop/events"
CRASH = "consumer: the container ends with exit code 1"


class Posting:
    def __init__(self, answers: ApiServer, cluster: Cluster) -> None:
        self.answers, self.cluster, self.now = answers, cluster, 0.0
        cluster.events = Events(lambda: self.now)

    async def post(
        self, reason: str = "CrashLoopBackOff", note: str = CRASH, uid: str = "1", kind: str = "Warning"
    ) -> None:
        await self.cluster.event("shop", "orders", uid, reason, note, kind=kind)

    @property
    def there(self) -> list[Any]:
        return [o for path, o in self.answers.objects.items() if path.startswith(PATH)]

    @property
    def counts(self) -> list[int]:
        return [o.get("series", {}).get("count", 1) for o in self.there]


@pytest.fixture
def posting(server: tuple[ApiServer, Cluster]) -> Posting:
    return Posting(*server)


async def test_an_event_has_all_that_the_api_server_demands(posting: Posting) -> None:
    await posting.post()
    (event,) = posting.there
    assert event["regarding"]["uid"] == "1"
    assert (event["type"], event["reason"], event["note"]) == ("Warning", "CrashLoopBackOff", CRASH)
    assert datetime.fromisoformat(event["eventTime"]).tzinfo == UTC
    assert len(event["eventTime"].partition(".")[2]) == len("123456Z"), "a MicroTime"
    assert all(event[field] for field in ("action", "reportingController", "reportingInstance"))
    assert "series" not in event


async def test_what_happens_again_is_counted_and_not_posted_again(posting: Posting) -> None:
    for _ in range(3):
        await posting.post()
        await posting.post("Progressing", "consumer: 0 of 1 pods are ready", kind="Normal")
    assert posting.counts == [3, 3]
    assert len(posting.answers.sent("POST")) == 2
    series = posting.there[0]["series"]
    assert series["lastObservedTime"] >= posting.there[0]["eventTime"]


async def test_what_differs_only_in_numbers_is_the_same(posting: Posting) -> None:
    await posting.post("Progressing", "consumer: 0 of 3 pods are ready")
    await posting.post("Progressing", "consumer: 1 of 3 pods are ready")
    assert posting.counts == [2]


@pytest.mark.parametrize(
    "other", [{"reason": "OOMKilled"}, {"note": "producer: it ends"}, {"uid": "2"}, {"kind": "Normal"}]
)
async def test_what_says_something_else_is_another_event(posting: Posting, other: dict[str, str]) -> None:
    await posting.post()
    await posting.post(**other)
    assert posting.counts == [1, 1]


async def test_after_a_while_it_is_news_again(posting: Posting) -> None:
    await posting.post()
    posting.now += AGAIN_SECONDS - 1
    await posting.post()
    posting.now += AGAIN_SECONDS - 1
    await posting.post()
    assert posting.counts == [3], "it went on all the time"
    posting.now += AGAIN_SECONDS
    await posting.post()
    assert posting.counts == [3, 1]


async def test_an_event_that_the_api_server_has_forgotten_is_posted_again(posting: Posting) -> None:
    await posting.post()
    posting.answers.objects.clear()
    await posting.post()
    assert posting.counts == [1]
    await posting.post()
    assert posting.counts == [2]


async def test_what_could_not_be_posted_is_not_counted_later(posting: Posting, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(events, "path", lambda *_: "apis/nowhere")
        patch.setattr(ApiServer, "do_post", lambda self, request, path, _: self._merge(path, {}))
        await posting.post()
    assert posting.there == []
    await posting.post()
    assert posting.counts == [1]


async def test_a_pipeline_that_is_gone_is_forgotten_and_of_others_only_so_many_are_kept(posting: Posting) -> None:
    for letter in map(chr, range(ord("a"), ord("a") + MOST + 1)):
        await posting.post(letter)
    kept = posting.cluster.events._posted["shop", "orders"]
    assert len(kept) == MOST
    assert all(reason != "a" for _, _, reason, _ in kept)
    posting.cluster.events.forget(("shop", "orders"))
    assert posting.cluster.events._posted == {}


@pytest.mark.parametrize("letter", ["x", "é", "…"])
def test_a_note_has_so_many_bytes_at_most(letter: str) -> None:
    about = {"namespace": "shop", "name": "orders", "uid": "1"}
    note = events.event(about, "Progressing", letter * 2000, "Normal", datetime.now(UTC), "host")["note"]
    assert LONGEST_NOTE_BYTES - len(letter.encode()) < len(note.encode()) <= LONGEST_NOTE_BYTES
    assert set(note) == {letter}
