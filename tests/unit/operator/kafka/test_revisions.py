"""The revision as such; what is another one, and what is not, is test_access's."""

from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kafka.revisions import revision

LOGIN = KafkaConnection("kafka:9092", "SASL_SSL", "PLAIN", credentials_secret="login", ca_secret="ca")
SECRETS = {"login": {"username": b"u", "password": b"secret", "note": b"?"}, "ca": {"ca.crt": b"certificate"}}


def test_another_version_of_the_operator_finds_the_same_revision_and_replaces_no_pods() -> None:
    assert revision(LOGIN, SECRETS, "shop/orders") == "48ac2a"
    assert revision(LOGIN, SECRETS, "shop/returns") == "4fa0f0"


def test_what_takes_no_secret_has_no_revision() -> None:
    assert revision(KafkaConnection("kafka:9092"), SECRETS, "shop/orders") == ""
