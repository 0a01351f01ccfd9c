"""What runs: what producer and consumer have in common, producer, Collector and Jaeger."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, StrictFloat, StrictInt

from tracedpipeline.api.rules import Part, Rule, Text, matches
from tracedpipeline.quantities import QUANTITY, amount

Image = Annotated[str, Text(matches(r"\S+", "write an image as registry/name:tag, without blanks"), max_length=512)]
Quantity = Annotated[str, Text(matches(QUANTITY, "write a quantity such as 100m, 0.5, 128Mi or 1Gi"), max_length=32)]
VariableName = Annotated[
    str,
    Text(
        matches(
            r"[A-Za-z_][A-Za-z0-9_]*", "a variable's name has letters, digits and underscores, and no digit in front"
        ),
        max_length=256,
    ),
]


class EnvironmentVariable(Part):
    """An additional environment variable of a container."""

    name: VariableName = Field(description="Name of the variable.")
    value: str = Field(max_length=4096, description="Its value; secrets do not belong here.")


class Amounts(Part):
    """Processor and memory."""

    cpu: Quantity | None = Field(default=None, description="Processor, such as 100m.")
    memory: Quantity | None = Field(default=None, description="Memory, such as 128Mi.")


def _request_within_limit(which: str) -> Rule:
    request, limit = f"self.requests.{which}", f"self.limits.{which}"

    def holds(of: Any) -> bool:
        requested, limited = getattr(of.requests, which), getattr(of.limits, which)
        return None in (requested, limited) or amount(requested) <= amount(limited)

    # An empty default is asked, too, before its own defaults are filled in.
    given = " && ".join(f"has(self.{side}) && has(self.{side}.{which})" for side in ("requests", "limits"))
    sound = f"isQuantity({request}) && isQuantity({limit})"
    return Rule(
        f"!({given} && {sound}) || quantity({request}).compareTo(quantity({limit})) <= 0",
        f"requests.{which} is above limits.{which}: lower the request or raise the limit",
        holds,
    )


class Resources(Part):
    """Resources of a container, as in a pod; what is not given keeps the kit's own value."""

    RULES: ClassVar[tuple[Rule, ...]] = (_request_within_limit("cpu"), _request_within_limit("memory"))

    requests: Amounts = Field(default=Amounts(), description="What the scheduler sets aside.")
    limits: Amounts = Field(default=Amounts(), description="What the container may use at most.")


class Workload(Part):
    """What producer and consumer have in common."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.env) || self.env.all(one, self.env.exists_one(other, other.name == one.name))",
            "env names a variable twice: keep one of them",
            lambda of: len({variable.name for variable in of.env}) == len(of.env),
        ),
    )

    replicas: StrictInt = Field(default=1, ge=1, le=1000, description="Number of pods.")
    image: Image | None = Field(default=None, description="Your own image; it gets the same environment.")
    env: tuple[EnvironmentVariable, ...] = Field(
        default=(), max_length=64, description="Additional environment variables; they win over the kit's own."
    )
    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")


class ProducerSpec(Workload):
    """The producer of order events."""

    rate_per_second: StrictFloat = Field(
        default=10, gt=0, le=1_000_000, description="Messages a second, of each replica; may be below 1."
    )
    message_bytes: StrictInt = Field(
        default=256, ge=128, le=1_000_000, description="About the size of a message's value."
    )


class TracingSpec(Part):
    """How much is traced."""

    sampling_ratio: StrictFloat = Field(
        default=1.0, ge=0, le=1, description="Share of the messages whose traces are kept."
    )


class CollectorSpec(Part):
    """The OpenTelemetry Collector."""

    replicas: StrictInt = Field(default=1, ge=1, le=100, description="Number of pods.")
    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")


class JaegerSpec(Part):
    """Jaeger, which keeps its traces in memory."""

    resources: Resources = Field(default=Resources(), description="Processor and memory of the container.")
