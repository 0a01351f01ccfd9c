"""Imports the SDK, whose module of spans reads a variable while it is imported and raises for what is no number."""

import os
from importlib import import_module
from typing import Final

_VARIABLE: Final = "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"
_SDK: Final = "opentelemetry.sdk.trace"


def _imported() -> None:
    try:
        import_module(_SDK)
    except ValueError:
        value = os.environ.pop(_VARIABLE, None)  # configure() says that it cannot be followed
        try:
            import_module(_SDK)
        finally:
            if value is not None:
                os.environ[_VARIABLE] = value


_imported()
