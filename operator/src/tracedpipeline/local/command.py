"""Runs `up` until it ends, or until somebody ends it."""

import asyncio
import signal

from tracedpipeline.api import TracedPipeline
from tracedpipeline.local.terminal import Terminal
from tracedpipeline.local.up import Options, up

_INTERRUPTED = 130


def run(pipeline: TracedPipeline, options: Options) -> int:
    """Return the exit status; LocalError says what is wrong."""
    return asyncio.run(_run(pipeline, options))


async def _run(pipeline: TracedPipeline, options: Options) -> int:
    """Let the first signal, or the end of the terminal, drain everything, and the second signal end it at once."""
    hurry = asyncio.Event()
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if stopping:
            hurry.set()
            return
        drain()
        terminal.tell("stopping: producer and consumer drain; once more ends them at once")

    def drain() -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            running.cancel()

    terminal = Terminal(drain)
    running = asyncio.create_task(up(pipeline, options, terminal.tell, hurry))
    for number in stopping_signals():
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await running
    except asyncio.CancelledError:
        if not terminal.is_there:
            return 1
        return _INTERRUPTED if options.once else 0
    return 0


def stopping_signals() -> list[signal.Signals]:
    """Return the signals that end the run; a hang-up is none of them below nohup, which has it ignored."""
    hang_up = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hang_up]
