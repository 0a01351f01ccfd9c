"""What the person at the terminal is told, for as long as there is one."""

import os
import sys
from collections.abc import Callable

from tracedpipeline.local.errors import LocalError


class Terminal:
    """Lines on standard error; once nobody reads them any more, `gone` is called, and the rest is for nobody."""

    def __init__(self, gone: Callable[[], None]) -> None:
        self._gone = gone
        self.is_there = True

    def tell(self, line: str) -> None:
        """Write a line; the result alone is on standard output."""
        if not self.is_there:
            return
        try:
            print(line, file=sys.stderr, flush=True)
        except OSError:  # a closed terminal, a pipe without reader, a log file on a full disk
            self.is_there = False
            self._gone()


def show(text: str) -> None:
    """Write the result on standard output; LocalError where it does not take it."""
    try:
        print(text, flush=True)
    except OSError as error:
        # Python would complain once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise LocalError(f"the trace cannot be written to standard output: {error.strerror}") from error
