"""Ports, as they are typed."""

import argparse


def port_number(text: str) -> int:
    """Return the port that a text names."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, which is 0 to 65535")
    return int(text)
