"""What runs: what producer and consumer have in common, producer, Collector and Jaeger."""

from typing import Annotated, ClassVar

from pydantic import Field, StrictFloat, StrictInt

from tracedpipeline.api.amounts import Resources
from tracedpipeline.api.environment import EnvironmentVariable
from tracedpipeline.api.names import Image
from tracedpipeline.api.rules import Obeys, Rule, SpecModel


class Workload(SpecModel):
    """What producer and consumer have in common."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.env) || self.env.all(one, self.env.exists_one(other, other.name == one.name))",
            "env names a variable twice: keep one of them",
            lambda spec: len({variable.name for variable in spec.env}) == len(spec.env),
        ),
    )

    replicas: StrictInt = Field(default=1, ge=0, le=1000, description="Number of pods; 0 lets it rest.")
    image: Image | None = Field(default=None, description="Your own image; it gets the same environment.")
    env: tuple[EnvironmentVariable, ...] = Field(
        default=(),
        max_length=64,
        description="More environment variables; they win over the kit's own, except for those that connect the parts.",
    )
    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")


# No fraction is a bound in the schema: the API server cuts it off where it compares a whole number, and 0 would pass.
Rate = Annotated[
    StrictFloat,
    Field(gt=0, le=1_000_000),
    Obeys(Rule("self >= 0.001", "give at least 0.001, a message in a quarter of an hour", lambda rate: rate >= 0.001)),
]


class ProducerSpec(Workload):
    """The producer of order events."""

    rate_per_second: Rate = Field(default=10, description="Messages a second, of each replica; 0.001 at least.")
    message_bytes: StrictInt = Field(
        default=256, ge=128, le=1_000_000, description="About the size of a message's value."
    )


Ratio = Annotated[
    StrictFloat,
    Field(ge=0, le=1),
    Obeys(
        Rule(
            "self == 0.0 || self >= 0.000001",
            "give 0, or at least 0.000001: with less there would be years between two traces",
            lambda ratio: ratio == 0 or ratio >= 0.000001,
        )
    ),
]


class TracingSpec(SpecModel):
    """How much is traced."""

    sampling_ratio: Ratio = Field(
        default=1.0, description="Share of the messages whose traces are kept: 0, or 0.000001 to 1."
    )


class CollectorSpec(SpecModel):
    """The OpenTelemetry Collector."""

    replicas: StrictInt = Field(default=1, ge=1, le=100, description="Number of pods.")
    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")


class JaegerSpec(SpecModel):
    """Jaeger, which keeps its traces in memory."""

    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")
