import time

import pytest
from tracedpipeline.kafka.strimzi import users
from tracedpipeline.kafka.strimzi.listeners import Listener

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"


def bundle(text: str) -> str | None:
    return users.bundle(Listener("tls", "k:9093", True, None, (text,)), None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"who signed it\n{CERTIFICATE}\r\n", f"{CERTIFICATE}\n"),
        (f"-----BEGIN CERTIFICATE-----\nhalf\n{CERTIFICATE}", f"{CERTIFICATE}\n"),
        (f"{CERTIFICATE}{CERTIFICATE}", f"{CERTIFICATE}\n"),
        ("-----BEGIN CERTIFICATE-----\nhalf", None),
        ("", None),
    ],
)
def test_certificates_in_a_text(text: str, found: str | None) -> None:
    assert bundle(text) == found


@pytest.mark.parametrize("piece", ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "-"])
def test_a_megabyte_of_hostile_text_takes_no_time(piece: str) -> None:
    text = piece * (2**20 // len(piece))
    start = time.thread_time()
    assert bundle(text) is None
    assert time.thread_time() - start < 0.05
