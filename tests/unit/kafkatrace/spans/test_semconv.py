from kafkatrace.spans import semconv
from opentelemetry.semconv._incubating.attributes import messaging_attributes
from opentelemetry.semconv.attributes import error_attributes, server_attributes
from opentelemetry.semconv.schemas import Schemas


def test_names_are_those_of_the_published_conventions() -> None:
    published = {**vars(messaging_attributes), **vars(error_attributes), **vars(server_attributes)}
    ours = {name: value for name, value in vars(semconv).items() if name.startswith(("MESSAGING", "ERROR", "SERVER"))}
    assert ours == {name: published[name] for name in ours}


def test_the_schema_is_the_one_the_names_come_from() -> None:
    assert Schemas.V1_44_0.value == semconv.SCHEMA_URL
