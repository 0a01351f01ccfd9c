"""Whose an object is."""

from typing import Any

import pytest
from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import in_use
from tracedpipeline.kubernetes_api import kinds
from tracedpipeline.kubernetes_api.ownership import (
    ObjectNotOwnedError,
    PreviousDrainingError,
    belongs_to,
    check,
    goes_with_pipeline,
    keeper,
    left_by_previous,
    with_owners,
)

from tests.unit.operator.conftest import body

PIPELINE = TracedPipeline.parse(body())


def owner(kind: str, name: str, uid: str, *, controller: bool = False) -> dict[str, Any]:
    return {"kind": kind, "name": name, "uid": uid, **({"controller": True} if controller else {})}


PREVIOUS = owner("TracedPipeline", "orders", "uid-before", controller=True)
OWN = owner("TracedPipeline", "orders", "uid-orders", controller=True)
KEEPER = owner("ConfigMap", "orders-in-use", "42")
LABELS = in_use.config_map(PIPELINE, [])["metadata"]["labels"]


@pytest.mark.parametrize(
    ("owners", "left"),
    [
        ([PREVIOUS], True),  # not collected yet
        ([PREVIOUS, KEEPER], True),
        ([KEEPER], True),  # held for clients that drain
        ([owner("Pod", "orders-producer-1", "7")], True),  # what holds
        ([OWN], False),
        ([OWN, KEEPER], False),
        ([], False),  # nobody deletes it
        ([owner("ConfigMap", "theirs", "8")], False),
        ([owner("Deployment", "orders", "9", controller=True), KEEPER], False),
    ],
)
def test_what_an_earlier_pipeline_leaves_goes_by_itself(owners: list[Any], left: bool) -> None:
    o = {"metadata": {"name": "orders-collector", "labels": LABELS, "ownerReferences": owners}}
    assert left_by_previous(o, PIPELINE) is left
    foreign = {"metadata": {**o["metadata"], "labels": {}}}
    assert not left_by_previous(foreign, PIPELINE)


@pytest.mark.parametrize("kind", ["KafkaTopic", "Kafka", "Deployment", "ConfigMap"])
def test_what_is_half_gone_is_not_taken_over(kind: str) -> None:
    o = {"metadata": {"name": "orders", "labels": LABELS, "ownerReferences": [KEEPER]}}
    assert not belongs_to(kind, o, PIPELINE)


@pytest.mark.parametrize(
    ("owners", "labels", "kept", "others"),
    [
        ([OWN], LABELS, True, True),
        ([OWN], {}, True, True),  # somebody took the labels away
        ([], LABELS, True, False),  # only what may outlive the pipeline needs no owner
        ([], {}, False, False),
        ([owner("ConfigMap", "theirs", "8")], LABELS, True, False),
        ([PREVIOUS], LABELS, False, False),
        ([owner("Deployment", "orders", "9", controller=True), OWN | {"controller": False}], LABELS, False, False),
    ],
)
@pytest.mark.parametrize("kind", kinds.APPLIED)
def test_what_belongs_to_a_pipeline(kind: str, owners: list[Any], labels: Any, kept: bool, others: bool) -> None:
    o = {"metadata": {"name": "orders", "labels": labels, "ownerReferences": owners}}
    assert belongs_to(kind, o, PIPELINE) is (kept if kinds.APPLIED[kind].kept else others)


HASHED = {naming.APPLIED_HASH: "0123456789abcdef"}


@pytest.mark.parametrize(
    ("kind", "labels", "annotations", "owners", "taken"),
    [
        ("Deployment", LABELS, HASHED, [], True),
        ("PersistentVolumeClaim", LABELS, HASHED | {"theirs": "x"}, [], True),
        ("Secret", LABELS, {}, [], True),
        ("Deployment", LABELS, {}, [], False),
        ("Deployment", LABELS, None, [], False),
        ("Deployment", {}, HASHED, [], False),
        ("Secret", {}, {}, [], False),
        ("Deployment", LABELS | {naming.INSTANCE: "another"}, HASHED, [], False),
        ("Deployment", LABELS, HASHED, [owner("ConfigMap", "theirs", "8")], False),
        ("Deployment", LABELS, HASHED, [PREVIOUS], False),
        ("Deployment", LABELS, HASHED, [KEEPER], False),
    ],
)
def test_what_has_no_owner_and_was_applied_by_us_is_taken_over(
    kind: str, labels: Any, annotations: Any, owners: list[Any], taken: bool
) -> None:
    metadata = {"name": "orders", "labels": labels, "annotations": annotations, "ownerReferences": owners}
    assert belongs_to(kind, {"metadata": metadata}, PIPELINE) is taken


def test_what_only_our_own_config_map_keeps_is_ours() -> None:
    def config_map(*owners: Any) -> Any:
        return "ConfigMap", {"metadata": {"name": "orders-in-use", "uid": "42", "ownerReferences": [*owners]}}

    other = "ConfigMap", {"metadata": {"name": "orders-jaeger-config", "uid": "7", "ownerReferences": [OWN]}}
    assert keeper([other, config_map(OWN, owner("Pod", "a", "1"))], PIPELINE) == "42"
    assert keeper([other, config_map(owner("Pod", "a", "1"))], PIPELINE) is None
    assert keeper([other], PIPELINE) is None
    for kind in ("Deployment", "KafkaTopic"):
        assert belongs_to(kind, labelled(KEEPER), PIPELINE, "42")
        assert not belongs_to(kind, labelled(KEEPER), PIPELINE, "43")
        assert not belongs_to(kind, labelled(KEEPER, owner("Pod", "a", "1")), PIPELINE, "42")


def labelled(*owners: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "orders-jaeger", "labels": LABELS, "ownerReferences": list(owners)}}


def test_what_the_pipeline_controls_may_be_written() -> None:
    check("Service", labelled(OWN), PIPELINE)


def test_what_may_outlive_the_pipeline_may_be_written_without_an_owner() -> None:
    check("KafkaTopic", labelled(), PIPELINE)
    with pytest.raises(ObjectNotOwnedError):
        check("Service", labelled(), PIPELINE)


def test_what_is_somebody_elses_is_refused_with_what_to_do() -> None:
    with pytest.raises(ObjectNotOwnedError) as refused:
        check("Service", labelled(owner("Deployment", "orders", "9", controller=True)), PIPELINE)
    assert str(refused.value) == (
        "Service orders-jaeger exists and does not belong to this pipeline: "
        "remove it, or give the pipeline another name"
    )


def test_what_an_earlier_pipeline_leaves_is_waited_for() -> None:
    with pytest.raises(PreviousDrainingError) as waits:
        check("Service", labelled(PREVIOUS), PIPELINE)
    assert str(waits.value) == (
        "Service orders-jaeger is of an earlier pipeline of this name, and goes once the pods of that one have ended"
    )


def test_what_was_left_to_itself_does_not_go_with_the_pipeline() -> None:
    assert goes_with_pipeline("KafkaTopic", {"metadata": {"ownerReferences": [OWN, KEEPER]}})
    assert not goes_with_pipeline("KafkaTopic", {"metadata": {"ownerReferences": [KEEPER]}})
    assert not goes_with_pipeline("KafkaTopic", {"metadata": {}})
    assert not goes_with_pipeline("ConfigMap", labelled()), "somebody may have copied it"
    restored, copied = labelled(), labelled()
    restored["metadata"]["name"] = "orders-in-use"  # as its labels say
    assert goes_with_pipeline("Deployment", restored), "it is no longer wanted, and would go on with the messages"
    copied["metadata"]["name"] = "mine"
    assert not goes_with_pipeline("Deployment", copied)


def test_what_has_no_owner_gets_none() -> None:
    assert with_owners({"name": "orders", "ownerReferences": [OWN]}, [KEEPER])["ownerReferences"] == [
        OWN,
        KEEPER,
    ]
    assert with_owners({"name": "orders"}, [KEEPER]) == {"name": "orders"}
