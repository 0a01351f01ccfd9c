"""Others' words as a condition quotes them: one line, bounded, the same for the same fact. Pure."""

import re

LONGEST = 300
ELLIPSIS = "…"

# What differs each time that the same thing happens: times, addresses in memory, random ids, a socket's own port.
_VOLATILE = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\b(?:[A-Z][a-z]{2}, )?\d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(?: GMT| UTC)?"
    r"|\b0x[0-9a-fA-F]{4,32}\b"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|\b(?:[0-9a-f]{32}|\d{10,19})\b"
    r"|(?<=:)\d{1,5}(?=->)"
    r"|\b\d{1,9}\.\d{1,9} ?m?s\b|\b\d{3,9} ?ms\b"
)


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return the text's beginning as one printable line of at most so many characters."""
    # Of white space that is folded nobody needs more than this.
    head = "".join(c if c.isprintable() else " " for c in text[: 4 * longest])
    line = " ".join(head.split())
    cut = len(line) > longest or len(text) > 4 * longest
    return f"{line[: longest - 1]}{ELLIPSIS}" if cut else line


def stable(text: str, longest: int = LONGEST) -> str:
    """Return one line of the text without what differs each time, so that the same failure reads the same."""
    return one_line(_VOLATILE.sub(ELLIPSIS, one_line(text, 2 * longest)), longest)
