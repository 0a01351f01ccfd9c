"""What the memory keeps: the newest of what lists, events and our own writes tell, in whatever order they come."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracedpipeline.kubernetes_api.memory import EVERYWHERE, Memory


def o(version: int, name: str = "a", uid: str = "1", **metadata: Any) -> dict[str, Any]:
    found = {"namespace": "shop", "name": name, "uid": uid, "resourceVersion": str(version)}
    return {"metadata": found | {"labels": {"app.kubernetes.io/instance": "orders"}} | metadata}


def listed(*items: dict[str, Any]) -> Memory:
    memory = Memory()
    memory.begin_list("Pod", EVERYWHERE)
    memory.replace("Pod", EVERYWHERE, items)
    return memory


def known(memory: Memory) -> dict[str, str]:
    found = memory.of_pipeline("Pod", "shop", "orders")
    assert {id(each) for each in found} == {id(memory.get("Pod", "shop", each["metadata"]["name"])) for each in found}
    return {each["metadata"]["name"]: each["metadata"]["resourceVersion"] for each in found}


def test_nothing_is_kept_of_a_kind_that_was_not_listed() -> None:
    memory = Memory()
    memory.wrote("Pod", o(1))
    assert not memory.covers("Pod", "shop")
    assert known(memory) == {}


def test_one_namespace_that_is_listed_is_not_another() -> None:
    memory = Memory()
    memory.begin_list("Pod", "shop")
    memory.replace("Pod", "shop", [])
    assert memory.covers("Pod", "shop")
    assert not memory.covers("Pod", "other")
    assert not memory.covers("Pod")
    assert listed().covers("Pod", "other")


@pytest.mark.parametrize("event", ["ADDED", "MODIFIED", "DELETED"])
def test_a_late_event_does_not_take_a_newer_write_back(event: str) -> None:
    memory = listed(o(1))
    memory.wrote("Pod", o(5))
    memory.event("Pod", event, o(4))
    assert known(memory) == {"a": "5"}
    memory.event("Pod", "MODIFIED", o(10))
    assert known(memory) == {"a": "10"}, "versions are numbers"


@pytest.mark.parametrize("event", ["ADDED", "MODIFIED"])
def test_a_late_event_does_not_bring_back_what_we_deleted(event: str) -> None:
    memory = listed(o(1))
    memory.deleted("Pod", o(1))
    memory.event("Pod", event, o(2))
    assert known(memory) == {}
    memory.event("Pod", "DELETED", o(3))
    memory.event("Pod", "ADDED", o(4, uid="2"))
    assert known(memory) == {"a": "4"}


def test_a_successor_of_what_we_deleted_is_taken_before_its_predecessors_end_is_told() -> None:
    memory = listed(o(1))
    memory.deleted("Pod", o(1))
    memory.wrote("Pod", o(4, uid="2"))
    memory.event("Pod", "DELETED", o(3))
    assert known(memory) == {"a": "4"}


def test_a_deletion_of_ours_that_another_uid_has_survived_takes_nothing() -> None:
    memory = listed(o(4, uid="2"))
    memory.deleted("Pod", o(1))
    assert known(memory) == {"a": "4"}


def test_a_list_that_was_requested_before_a_write_does_not_take_it_back() -> None:
    memory = listed(o(1), o(1, "b", uid="b"), o(1, "c", uid="c"))
    memory.begin_list("Pod", EVERYWHERE)
    memory.wrote("Pod", o(5))
    memory.wrote("Pod", o(6, "new", uid="n"))
    memory.deleted("Pod", o(1, "b", uid="b"))
    memory.replace("Pod", EVERYWHERE, [o(1), o(1, "b", uid="b")])
    assert known(memory) == {"a": "5", "new": "6"}
    memory.event("Pod", "MODIFIED", o(4, "b", uid="b"))
    assert known(memory) == {"a": "5", "new": "6"}


def test_a_list_after_a_restore_is_taken_though_its_versions_are_older() -> None:
    memory = listed(o(100), o(90, "b", uid="b"))
    memory.begin_list("Pod", EVERYWHERE)
    memory.replace("Pod", EVERYWHERE, [o(50)])
    assert known(memory) == {"a": "50"}
    memory.event("Pod", "MODIFIED", o(51))
    assert known(memory) == {"a": "51"}


def test_a_list_of_one_namespace_says_nothing_of_another() -> None:
    memory = listed(o(1), o(1, "theirs", namespace="other"))
    memory.begin_list("Pod", "shop")
    memory.replace("Pod", "shop", [])
    assert memory.get("Pod", "other", "theirs")
    assert known(memory) == {}


def test_an_object_that_changes_its_label_moves() -> None:
    memory = listed(o(1))
    memory.event("Pod", "MODIFIED", o(2, labels={"app.kubernetes.io/instance": "others"}))
    assert known(memory) == {}
    assert len(memory.of_pipeline("Pod", "shop", "others")) == 1
    memory.event("Pod", "MODIFIED", o(3, labels=None))
    assert memory.of_pipeline("Pod", "shop", "others") == []


def test_managed_fields_are_not_kept() -> None:
    memory = listed(o(1, managedFields=[{"manager": "kubectl"}]))
    memory.event("Pod", "ADDED", o(2, "b", managedFields=[]))
    found = [memory.get("Pod", "shop", name) for name in ("a", "b")]
    assert not any("managedFields" in each["metadata"] for each in found if each)
    assert all(found)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3)), min_size=1, max_size=12))
def test_in_the_end_what_is_known_is_what_there_is(steps: list[tuple[bool, bool, int]]) -> None:
    """The API server's history, of which the watch tells later; the answers to our own writes come first."""
    memory, uid, there = listed(), 0, False
    history: list[tuple[str, dict[str, Any]]] = []
    for version, (goes, ours, told) in enumerate(steps, 1):
        kind = "ADDED" if not there else "DELETED" if goes else "MODIFIED"
        uid += kind == "ADDED"
        there = kind != "DELETED"
        written = o(version, uid=str(uid))
        history.append((kind, written))
        if ours and there:
            memory.wrote("Pod", written)
            assert known(memory) == {"a": str(version)}, "its answer is known at once"
        elif ours and (live := memory.get("Pod", "shop", "a")):
            memory.deleted("Pod", live)
            assert known(memory) == {}
        for event in history[:told]:
            memory.event("Pod", *event)
        del history[:told]
    for event in history:
        memory.event("Pod", *event)
    assert bool(known(memory)) == there
