"""Starts the producer: `python -m traced_producer`."""

from traced_common.stop import Stop


def run() -> int:
    """Run until SIGTERM; the result is the exit code."""
    stop = Stop().on_signals()  # before the slow imports: as PID 1 a SIGTERM without a handler would be lost
    from traced_common import process

    from traced_producer import app

    return process.run(app.start, stop)


if __name__ == "__main__":
    raise SystemExit(run())
