"""A container's environment and files, as the kubelet makes them."""

from typing import Any

import pytest
from tracedpipeline.local import container

FIELDS = {"metadata.name": "orders-consumer-0"}


def environment(*variables: dict[str, Any]) -> dict[str, str]:
    return container.environment(variables, FIELDS, lambda name, key: f"{key} of {name}")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ({"value": "b"}, "b"),
        ({}, ""),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, "orders-consumer-0"),
        ({"valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}, "password of login"),
        ({"valueFrom": {"configMapKeyRef": {"name": "shop", "key": "colour"}}}, "colour of shop"),
    ],
)
def test_a_variable_is_its_value_or_what_it_refers_to(variable: dict[str, Any], value: str) -> None:
    assert environment({"name": "A", **variable}) == {"A": value}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$(A)/$(B)", "a/$(B)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$a"),
        ("$A and $", "$A and $"),
        ("$(", "$("),
        ("$(C)", "$(C)"),
    ],
)
def test_a_reference_is_to_a_variable_before_it(text: str, value: str) -> None:
    found = environment({"name": "A", "value": "a"}, {"name": "C", "value": text}, {"name": "B", "value": "b"})
    assert found == {"A": "a", "C": value, "B": "b"}


def test_the_only_container_has_the_variables() -> None:
    variables = [{"name": "A", "value": "a"}]
    assert container.variables({"containers": [{"env": variables}]}) == variables


def test_each_secret_has_a_folder_and_other_volumes_have_none() -> None:
    pod = {
        "volumes": [{"name": "ca", "secret": {"secretName": "orders-ca"}}, {"name": "tmp", "emptyDir": {}}],
        "containers": [
            {"volumeMounts": [{"name": "ca", "mountPath": "/etc/kafka/ca"}, {"name": "tmp", "mountPath": "/tmp"}]}
        ],
    }
    assert container.folders(pod, "/run/files") == {"/etc/kafka/ca": "/run/files/orders-ca"}
