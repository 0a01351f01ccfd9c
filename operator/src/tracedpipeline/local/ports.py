"""Ports of this machine."""

import socket

from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.programs import LOOPBACK


def free_port() -> int:
    """Return a port at which nobody listens, on any of this machine's addresses."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


def address(listener: socket.socket) -> str:
    """Return the address of what listens."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def listen(port: int) -> socket.socket:
    """Return a socket at this port of this machine, 0 for any that is free."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise LocalError(
            f"port {port} of {LOOPBACK} cannot be had ({error.strerror}): choose another with --port"
        ) from error
    return listener
