"""Which traces are recorded: the samplers of OTEL_TRACES_SAMPLER."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio, Sampler, TraceIdRatioBased

_SAMPLER: Final = "OTEL_TRACES_SAMPLER"
_ARGUMENT: Final = "OTEL_TRACES_SAMPLER_ARG"
_PARENT_BASED: Final = "parentbased_"
_RATIOS: Final = {"always_on": 1.0, "always_off": 0.0, "traceidratio": None}


@dataclass(frozen=True, slots=True)
class Sampling:
    """The ratio of new traces that are sampled, and whether a trace begun elsewhere keeps its decision."""

    ratio: float
    parent_based: bool = True

    @classmethod
    def read(cls, ratio: float | None, environment: Mapping[str, str]) -> "Sampling":
        """Take the given ratio, else OTEL_TRACES_SAMPLER and _ARG; ValueError for what neither can be."""
        if ratio is not None:
            return cls(_checked("sampling_ratio", ratio))
        name = environment.get(_SAMPLER, "").strip().lower() or "parentbased_always_on"
        root = name.removeprefix(_PARENT_BASED)
        if root not in _RATIOS:
            known = ", ".join([*_RATIOS, *(_PARENT_BASED + each for each in _RATIOS)])
            raise ValueError(f"{_SAMPLER} is {name!r}: kafkatrace knows {known}")
        fixed = _RATIOS[root]
        return cls(_argument(environment) if fixed is None else fixed, name.startswith(_PARENT_BASED))

    def sampler(self) -> Sampler:
        """Make the SDK's sampler that decides in the same way."""
        return ParentBasedTraceIdRatio(self.ratio) if self.parent_based else TraceIdRatioBased(self.ratio)


def _argument(environment: Mapping[str, str]) -> float:
    text = environment.get(_ARGUMENT, "").strip() or "1.0"
    try:
        ratio = float(text)
    except ValueError:
        ratio = float("nan")
    return _checked(_ARGUMENT, ratio, text)


def _checked(name: str, ratio: float, text: object = None) -> float:
    if not 0 <= ratio <= 1:
        shown = ratio if text is None else text
        raise ValueError(f"{name} is {shown}: give a number from 0 (nothing) to 1 (every trace)")
    return ratio
