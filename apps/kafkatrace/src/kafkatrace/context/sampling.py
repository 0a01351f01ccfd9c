"""Which traces are recorded: the samplers of OTEL_TRACES_SAMPLER."""

from dataclasses import dataclass
from numbers import Real
from typing import Final

from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio, Sampler, TraceIdRatioBased

from kafkatrace.context import installed_sampler
from kafkatrace.context.ids import Roots
from kafkatrace.context.installed_sampler import AskedRoots
from kafkatrace.variables import Variables

_SAMPLER: Final = "OTEL_TRACES_SAMPLER"
_ARGUMENT: Final = "OTEL_TRACES_SAMPLER_ARG"
_DEFAULT: Final = "parentbased_always_on"
_PARENT_BASED: Final = "parentbased_"
_RATIOS: Final = {"always_on": 1.0, "always_off": 0.0, "traceidratio": None}
_KNOWN: Final = (*_RATIOS, *(_PARENT_BASED + each for each in _RATIOS))


@dataclass(frozen=True, slots=True)
class Sampling:
    """The ratio of new traces that are sampled, and whether a trace begun elsewhere keeps its decision."""

    ratio: float
    parent_based: bool = True
    installed: Sampler | None = None  # decides instead

    @classmethod
    def read(cls, ratio: float | None, variables: Variables) -> "Sampling":
        """Take the given ratio, else OTEL_TRACES_SAMPLER and _ARG; TypeError or ValueError for a ratio that is none."""
        if ratio is not None:
            return cls(_checked(ratio))
        if (installed := _installed(variables)) is not None:
            return cls(1.0, parent_based=False, installed=installed)
        name = variables.choice(_SAMPLER, _KNOWN, _DEFAULT)
        fixed = _RATIOS[name.removeprefix(_PARENT_BASED)]
        return cls(_argument(variables) if fixed is None else fixed, name.startswith(_PARENT_BASED))

    @classmethod
    def by(cls, sampler: Sampler) -> "Sampling":
        """Have this sampler decide."""
        return cls(1.0, parent_based=False, installed=installed_sampler.Guarded(sampler))

    def sampler(self) -> Sampler:
        """Return the SDK's sampler that decides in the same way."""
        if self.installed is not None:
            return self.installed
        return ParentBasedTraceIdRatio(self.ratio) if self.parent_based else TraceIdRatioBased(self.ratio)

    def roots(self) -> Roots | AskedRoots:
        """Make the source of new traces."""
        return Roots(self.ratio) if self.installed is None else AskedRoots(self.installed)


def _installed(variables: Variables) -> Sampler | None:
    name = variables.text(_SAMPLER).lower()
    if not name or name in _KNOWN:
        return None
    try:
        return installed_sampler.load(name, variables.text(_ARGUMENT) or None)
    except Exception as error:
        variables.refuse(_SAMPLER, f"it can't be made: {error!r}", _DEFAULT)
        return None


def _argument(variables: Variables) -> float:
    ratio = variables.number(_ARGUMENT, default=1.0, most=1.0)
    if ratio is None:
        variables.refuse(_ARGUMENT, "give a number from 0 (nothing) to 1 (every trace)", "1")
        return 1.0
    return ratio


def _checked(ratio: object) -> float:
    if isinstance(ratio, bool) or not isinstance(ratio, Real):
        raise TypeError(f"sampling_ratio is {ratio!r}: give a number from 0 (nothing) to 1 (every trace)")
    number = float(ratio)
    if not 0 <= number <= 1:
        raise ValueError(f"sampling_ratio is {ratio}: give a number from 0 (nothing) to 1 (every trace)")
    return number
