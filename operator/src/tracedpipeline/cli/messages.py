"""What the command says to the person who typed it."""

import sys
from collections.abc import Sequence


class CommandError(Exception):
    """The command cannot be carried out; its lines are for the person who typed it."""


def refuse(problems: Sequence[str]) -> None:
    """Raise the problems as one error, if there are any."""
    if problems:
        raise CommandError("\n".join(problems))


def tell(what: str) -> None:
    """Print a remark beside the command's output."""
    print(f"tracedpipeline: {what}", file=sys.stderr)
