"""Ports of this machine."""

import socket


def free_port() -> int:
    """Return a port at which nobody listens, on any of this machine's addresses."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port
