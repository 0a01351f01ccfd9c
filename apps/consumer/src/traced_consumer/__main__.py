"""Starts the consumer: `python -m traced_consumer`."""


def run() -> int:
    """Run until SIGTERM; the result is the exit code."""
    return 0


if __name__ == "__main__":
    raise SystemExit(run())
