"""Processor, memory and size of volumes: quantities that a container or a volume can have."""

from typing import Annotated, Any

from pydantic import Field

from tracedpipeline.api.quantities import BYTES, CORES, amount, is_quantity
from tracedpipeline.api.rules import Rule, SpecModel, Text, matches


def _quantity(pattern: str, example: str, least: str, most: str) -> Text:
    """Return the annotation of a quantity with a least and a greatest value."""
    compared = " && ".join(
        f"quantity(self).compareTo(quantity('{bound}')) {sign} 0" for bound, sign in ((least, ">="), (most, "<="))
    )
    return Text(
        matches(pattern, f"write a quantity such as {example}"),
        Rule(
            f"!isQuantity(self) || ({compared})",
            f"give a quantity between {least} and {most}",
            lambda text: not is_quantity(text) or amount(least) <= amount(text) <= amount(most),
        ),
        max_length=32,
    )


# No container starts in less memory, and no machine has more of either.
Cores = Annotated[str, _quantity(CORES, "100m, 0.5 or 2", "1m", "1k")]
Memory = Annotated[str, _quantity(BYTES, "128Mi or 1Gi", "4Mi", "64Ti")]
VolumeSize = Annotated[str, _quantity(BYTES, "500Mi or 10Gi", "16Mi", "1024Ti")]


class ResourceList(SpecModel):
    """Processor and memory."""

    cpu: Cores | None = Field(default=None, description="Processor, such as 100m.")
    memory: Memory | None = Field(default=None, description="Memory, such as 128Mi.")


def _request_within_limit(resource: str) -> Rule:
    request, limit = f"self.requests.{resource}", f"self.limits.{resource}"

    def holds(spec: Any) -> bool:
        requested, limited = getattr(spec.requests, resource), getattr(spec.limits, resource)
        return None in (requested, limited) or amount(requested) <= amount(limited)

    # An empty default is asked, too, before its own defaults are filled in.
    given = " && ".join(f"has(self.{side}) && has(self.{side}.{resource})" for side in ("requests", "limits"))
    sound = f"isQuantity({request}) && isQuantity({limit})"
    return Rule(
        f"!({given} && {sound}) || quantity({request}).compareTo(quantity({limit})) <= 0",
        f"requests.{resource} is above limits.{resource}: lower the request or raise the limit",
        holds,
    )


class Resources(SpecModel):
    """Resources of a container, as in a pod; what is not given keeps the kit's own value."""

    RULES = (_request_within_limit("cpu"), _request_within_limit("memory"))

    requests: ResourceList = Field(default=ResourceList(), description="What the scheduler sets aside.")
    limits: ResourceList = Field(default=ResourceList(), description="What the container may use at most.")
