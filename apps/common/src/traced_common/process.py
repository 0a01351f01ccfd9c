"""A process's beginning and end: tracing, exit code."""

import logging
import os
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final

import kafkatrace
from kafkatrace import Tracing

from traced_common import logs, termination_log
from traced_common.environment import Environment, Kind, SettingsError, one_of, whole
from traced_common.stop import Stop

_logger = logging.getLogger(__name__)
_LOG_LEVEL: Final = one_of("DEBUG", "INFO", "WARNING", "ERROR")
_PORT: Final[Kind[int]] = whole(1, 65_535)
_ADDRESS: Final[Kind[str]] = Kind("an IP address", lambda text: str(ip_address(text)))
_ALL_ADDRESSES: Final = ""
_WRONG_SETTINGS: Final = 2


def run(start: Callable[[Mapping[str, str], Stop], None], stop: Stop) -> int:
    """Run the app until it stops; the exit code is 0, 2 for wrong settings, 1 for anything else."""
    logs.configure("INFO")
    try:
        start(os.environ, stop)
    except SettingsError as error:
        _logger.critical("%s", error)
        termination_log.write(str(error))
        return _WRONG_SETTINGS
    except Exception as error:
        _logger.exception("ended by an error")
        termination_log.write(f"ended by an error: {type(error).__name__}: {error}")
        return 1
    return 0


def log_level(environment: Environment) -> str:
    """Read LOG_LEVEL."""
    return environment.read("LOG_LEVEL", _LOG_LEVEL, "INFO")


def health_port(environment: Environment) -> int:
    """Read HEALTH_PORT."""
    return environment.read("HEALTH_PORT", _PORT, 8080)


def health_host(environment: Environment) -> str:
    """Read HEALTH_HOST; empty for all addresses, since the kubelet asks at the pod's."""
    return environment.read("HEALTH_HOST", _ADDRESS, _ALL_ADDRESSES)


def tracing() -> Tracing:
    """Configure kafkatrace from OTEL_*; what it cannot follow of them it logs."""
    return kafkatrace.configure()
