from typing import Any

import pytest
from tracedpipeline import naming
from tracedpipeline.kubernetes_api.drift import MISSING, contains, drift, field_name, must_apply, with_applied_hash
from tracedpipeline.kubernetes_api.objects import digest

WANTED = with_applied_hash(
    {"kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 1}], "type": "ClusterIP"}}
)
LIVE = {**WANTED, "spec": {"ports": [{"port": 1, "nodePort": 7}], "type": "ClusterIP", "clusterIP": "10.0.0.1"}}


def test_what_the_api_server_adds_is_no_difference() -> None:
    assert not must_apply(WANTED, LIVE)


@pytest.mark.parametrize(
    "spec",
    [
        {"ports": [{"port": 2}], "type": "ClusterIP"},
        {"ports": [{"port": 1}, {"port": 2}], "type": "ClusterIP"},
        {"ports": [{"port": 1}]},
    ],
)
def test_what_others_changed_is(spec: dict[str, Any]) -> None:
    assert must_apply(WANTED, {**LIVE, "spec": spec})


OURS = {"kind": "TracedPipeline", "name": "orders", "uid": "1", "controller": True}
KEEPER = {"kind": "ConfigMap", "name": "orders-in-use", "uid": "2"}
OTHER = {"kind": "Node", "name": "n", "uid": "3"}


@pytest.mark.parametrize(
    ("live", "same"),
    [
        ([OURS, KEEPER], True),
        ([KEEPER, OURS], True),
        ([OTHER, KEEPER, OURS], True),
        ([{**OURS, "blockOwnerDeletion": True}, KEEPER], True),
        ([OURS], False),
        ([OURS, {**KEEPER, "uid": "4"}], False),
        ([{**OURS, "controller": False}, KEEPER], False),
        ([], False),
    ],
    ids=["same", "order", "one more", "defaults", "one fewer", "made again", "no longer controls", "none"],
)
def test_the_owners_we_want_are_among_those_there_are(live: list[dict[str, Any]], same: bool) -> None:
    wanted = {"kind": "Service", "metadata": {"name": "a", "ownerReferences": [OURS, KEEPER]}}
    assert must_apply(wanted, {**wanted, "metadata": {"name": "a", "ownerReferences": live}}) is not same


def test_a_missing_object_must_be_applied() -> None:
    assert must_apply(WANTED, None)


def test_a_field_that_is_no_longer_wanted_shows_in_the_hash() -> None:
    less = with_applied_hash({"kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 1}]}})
    assert contains(LIVE["spec"], less["spec"])
    assert must_apply(less, LIVE)


def test_the_hash_is_beside_the_annotations_that_were_given() -> None:
    given = {"kind": "Service", "metadata": {"name": "a", "annotations": {"team": "billing"}}}
    applied = with_applied_hash(given)
    annotations = applied["metadata"].pop("annotations")
    assert applied == {"kind": "Service", "metadata": {"name": "a"}}
    assert annotations == {"team": "billing", naming.APPLIED_HASH: digest(given)}


def test_stamping_leaves_the_given_object_as_it_was() -> None:
    given: dict[str, Any] = {"metadata": {"name": "a"}}
    with_applied_hash(given)
    assert given == {"metadata": {"name": "a"}}


def test_each_difference_has_its_path_and_what_is_there() -> None:
    wanted = {
        "metadata": {"ownerReferences": [OURS]},
        "spec": {"ports": [{"port": 1}, {"port": 2}], "type": "a", "x": 1},
    }
    live = {"metadata": {"ownerReferences": [OTHER]}, "spec": {"ports": [{"port": 1}, {"port": 3}], "type": "b"}}
    assert drift(wanted, live) == (
        (("metadata", "ownerReferences"), repr([OTHER])),
        (("spec", "ports", 1, "port"), "3"),
        (("spec", "type"), "'b'"),
        (("spec", "x"), "missing"),
    )
    assert drift(wanted, None) == MISSING


@pytest.mark.parametrize(
    ("path", "name"), [((), ""), (("spec", "ports", 1, "port"), "spec.ports[1].port"), (("metadata",), "metadata")]
)
def test_a_path_is_written_as_a_person_does(path: tuple[str | int, ...], name: str) -> None:
    assert field_name(path) == name
