"""Where OTLP over HTTP goes, and how: the variables OTEL_EXPORTER_OTLP_*, each signal's own before the general ones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from opentelemetry.exporter.otlp.common.http import Compression
from opentelemetry.exporter.otlp.proto.http._common import _load_session_from_envvar

from kafkatrace.variables import Variables

_GRPC_PORT: Final = ":4317"
_HTTP_PORT: Final = ":4318"
_DEFAULT: Final = "http://localhost:4318"
_SECONDS: Final = 10.0
_LONGEST: Final = 86_400.0
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_NO_HOST: Final = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff\\]")


@dataclass(frozen=True, slots=True)
class OtlpSettings:
    """What one signal's client is made with."""

    endpoint: str
    headers: dict[str, str]
    timeout: float
    compression: Compression
    verify: bool | str = True
    cert: str | tuple[str, str] | None = None
    session: Any = None  # a requests.Session of a credential provider


def otlp_settings(variables: Variables, signal: str, *, instead_of_grpc: bool = False) -> OtlpSettings:
    """Read the settings of `traces` or `metrics`; where gRPC cannot be used, its port becomes that of HTTP."""
    reader = _Reader(variables, signal)
    endpoint = reader.endpoint(instead_of_grpc=instead_of_grpc)
    tls = endpoint.startswith("https:")
    return OtlpSettings(
        endpoint=endpoint,
        headers=reader.headers(),
        timeout=reader.timeout(),
        compression=reader.compression(),
        verify=(reader.file("CERTIFICATE") or True) if tls else True,
        cert=reader.client_certificate() if tls else None,
        session=reader.session(),
    )


class _Reader:
    def __init__(self, variables: Variables, signal: str) -> None:
        self._variables = variables
        self._signal = signal

    def _name(self, what: str) -> str:
        """Return the name of the variable that counts: the signal's own where it is set."""
        own = f"OTEL_EXPORTER_OTLP_{self._signal.upper()}_{what}"
        return own if self._variables.text(own) else f"OTEL_EXPORTER_OTLP_{what}"

    def endpoint(self, *, instead_of_grpc: bool) -> str:
        name = self._name("ENDPOINT")
        given = self._variables.text(name)
        url = _url(given) if given else _DEFAULT
        own = name != "OTEL_EXPORTER_OTLP_ENDPOINT" and url is not None
        if url != (given or _DEFAULT):
            shown = "set" if "@" in given else None  # it may hold a password
            used = f"{_DEFAULT}" if url is None else url
            self._variables.refuse(name, "give a URL such as http://collector:4318", used, shown=shown)
        url = _DEFAULT if url is None else url
        if instead_of_grpc and urlsplit(url).netloc.endswith(_GRPC_PORT):
            url = url.replace(_GRPC_PORT, _HTTP_PORT)
        return url if own else f"{url.removesuffix('/')}/v1/{self._signal}"

    def headers(self) -> dict[str, str]:
        name = self._name("HEADERS")
        headers = {"content-type": "application/x-protobuf", "user-agent": "kafkatrace"}
        for entry in filter(None, map(str.strip, self._variables.text(name).split(","))):
            key, equals, value = (unquote(part).strip() for part in entry.partition("="))
            if equals and _HEADER_NAME.fullmatch(key) and _HEADER_VALUE.fullmatch(value):
                headers[key.lower()] = value
            else:  # its value may be a secret
                wrong = "an entry of it is no name=value, or no HTTP header"
                self._variables.refuse(name, wrong, "the others", shown="set")
        return headers

    def timeout(self) -> float:
        name = self._name("TIMEOUT")
        seconds = self._variables.number(name, _SECONDS, _LONGEST)
        if not seconds:
            wrong = f"give seconds, more than 0 and at most {_LONGEST:.0f}"
            self._variables.refuse(name, wrong, f"{_SECONDS:.0f}")
        return seconds or _SECONDS

    def compression(self) -> Compression:
        known = [each.value for each in Compression]
        return Compression(self._variables.choice(self._name("COMPRESSION"), known, "none"))

    def file(self, what: str) -> str | None:
        """Return the path of a file, which may still come: each export looks for it."""
        name = self._name(what)
        path = self._variables.text(name)
        if path and not _is_readable(path):
            self._variables.refuse(name, "no such file", "it as soon as it is there, and no export until then,")
        return path or None

    def client_certificate(self) -> str | tuple[str, str] | None:
        certificate, key = self.file("CLIENT_CERTIFICATE"), self.file("CLIENT_KEY")
        return (certificate, key) if certificate and key else certificate

    def session(self) -> Any:
        for name in self._providers():
            try:
                return _load_session_from_envvar(name)  # type: ignore[arg-type] # one of two that it knows
            except Exception as error:
                self._variables.refuse(name, f"{type(error).__name__}: {error}", "no credential provider")
        return None

    def _providers(self) -> Iterator[str]:
        for signal in ("", f"{self._signal.upper()}_"):
            name = f"OTEL_PYTHON_EXPORTER_OTLP_HTTP_{signal}CREDENTIAL_PROVIDER"
            if self._variables.text(name):
                yield name
                return


def _is_readable(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _url(text: str) -> str | None:
    """Return an endpoint as a URL, with http:// where it has no scheme; None where it is none."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none, a bracket that is not closed
        return None
    return url if usable and not _NO_HOST.search(url) else None
