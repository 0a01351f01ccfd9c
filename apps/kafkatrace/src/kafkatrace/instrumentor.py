"""Zero code: `opentelemetry-instrument python app.py` makes an application's confluent-kafka clients kafkatrace's.

Needs opentelemetry-instrumentation, which whoever starts an application by that command has.
"""

import logging
from collections.abc import Collection
from importlib import import_module
from typing import Any, Final

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined] # all of that module is ignored

from kafkatrace.clients import unmodified
from kafkatrace.hotpath.choose import implementation
from kafkatrace.tracing import configure

_logger = logging.getLogger("kafkatrace")
_OTHER: Final = "opentelemetry-instrumentation-confluent-kafka"


class KafkatraceInstrumentor(BaseInstrumentor):  # type: ignore[misc] # as above
    """Puts kafkatrace's clients where an application imports confluent-kafka's from."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return what is instrumented."""
        return ("confluent-kafka >= 2.16, < 3",)

    def _instrument(self, **kwargs: Any) -> None:
        self._switch_other_off()
        if (provider := kwargs.get("tracer_provider")) is not None:
            configure(tracer_provider=provider)
        unmodified.install()
        _logger.info("kafkatrace, in %s, traces confluent-kafka's clients", implementation)

    def _uninstrument(self, **kwargs: Any) -> None:
        unmodified.remove()

    def alone(self) -> None:
        """Have no other instrumentation trace the same clients."""
        if self.is_instrumented_by_opentelemetry and self._switch_other_off():
            unmodified.install()

    def _switch_other_off(self) -> bool:
        """Return whether there was another one; it is imported in any case, so that it builds on the originals."""
        try:
            other = import_module("opentelemetry.instrumentation.confluent_kafka").ConfluentKafkaInstrumentor()
        except ImportError:
            return False
        if not other.is_instrumented_by_opentelemetry:
            return False
        other.uninstrument()
        _logger.warning(
            "kafkatrace traces confluent-kafka's clients; %s is switched off, or each span would be there twice. "
            "To have that one: OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=kafkatrace",
            _OTHER,
        )
        return True


def after_all() -> None:
    """Look once more, when all instrumentations are there: they come in no particular order."""
    KafkatraceInstrumentor().alone()
