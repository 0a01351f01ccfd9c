"""What configure() may be given: wrong arguments are a mistake of the program, and are refused at once."""

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider


def check(service_name: object, exporter: object, resource: object) -> None:
    """Raise TypeError for what configure() cannot use."""
    if service_name is not None and not isinstance(service_name, str):
        raise TypeError(f"service_name is {service_name!r}: give a str")
    if resource is not None and not isinstance(resource, Resource):
        raise TypeError(f"resource is {resource!r}: give an opentelemetry.sdk.resources.Resource")
    if isinstance(exporter, type):
        raise TypeError(f"exporter is the class {exporter.__name__}: give an instance, {exporter.__name__}(…)")
    if exporter is not None and not all(callable(getattr(exporter, name, None)) for name in ("export", "shutdown")):
        raise TypeError(f"exporter is {exporter!r}: give a SpanExporter such as ConsoleSpanExporter()")


def check_provider(provider: object, **others: object) -> None:
    """Raise TypeError for what is no TracerProvider of the SDK, ValueError for arguments that contradict one."""
    if provider is None:
        return
    if not isinstance(provider, TracerProvider):
        raise TypeError(f"tracer_provider is {provider!r}: give an opentelemetry.sdk.trace.TracerProvider")
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise ValueError(f"tracer_provider has a {' and a '.join(given)} of its own: give one or the other")
