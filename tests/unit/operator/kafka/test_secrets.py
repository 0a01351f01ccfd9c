from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kafka.secrets import invalid_secret, missing_secret
from tracedpipeline.verdict import Verdict

CONNECTION = KafkaConnection("kafka:9092", "SASL_SSL", "SCRAM-SHA-512", credentials_secret="login", ca_secret="ca")
LOGIN = {"username": b"u", "password": b"secret"}
ALL = {"login": LOGIN, "ca": {"ca.crt": b"certificate"}}


@pytest.mark.parametrize(
    ("secrets", "what"),
    [
        ({}, "Secret 'login'"),
        ({"login": LOGIN}, "Secret 'ca'"),
        (ALL | {"login": {"username": b"u"}}, "key 'password' of Secret 'login'"),
        (ALL | {"login": {}}, "key 'username' of Secret 'login'"),
        (ALL | {"ca": {"tls.crt": b"certificate"}}, "key 'ca.crt' of Secret 'ca'"),
    ],
)
def test_the_first_that_is_missing_is_named(secrets: dict[str, dict[str, bytes]], what: str) -> None:
    message = f"{what} is not in this namespace: create it"
    assert missing_secret(CONNECTION, secrets) == Verdict(False, reasons.SECRET_MISSING, message)


@pytest.mark.parametrize(
    ("secrets", "message"),
    [
        (ALL | {"login": LOGIN | {"password": b""}}, "key 'password' of Secret 'login' is empty: fill it in"),
        (ALL | {"login": LOGIN | {"username": b" \n"}}, "key 'username' of Secret 'login' is empty: fill it in"),
        (
            ALL | {"login": LOGIN | {"password": b"\xff"}},
            "key 'password' of Secret 'login' is no UTF-8 text: write it again",
        ),
        (ALL | {"ca": {"ca.crt": b"a\0b"}}, "key 'ca.crt' of Secret 'ca' is no UTF-8 text: write it again"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_shown(secrets: Any, message: str) -> None:
    assert missing_secret(CONNECTION, secrets) is None
    assert invalid_secret(CONNECTION, secrets) == Verdict(False, reasons.SECRET_INVALID, message)


@pytest.mark.parametrize("more", [{}, {"login": LOGIN | {"note": b"\xff"}}, {"another": {"empty": b""}}])
def test_nothing_is_wrong_with_what_the_clients_take(more: dict[str, dict[str, bytes]]) -> None:
    assert missing_secret(CONNECTION, ALL | more) is None
    assert invalid_secret(CONNECTION, ALL | more) is None
