"""What came of a redrive, as text. Pure."""

from collections.abc import Iterator

from tracedpipeline.find.reader import unexpected
from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import Document, DocumentError
from tracedpipeline.untrusted.quoting import one_line

_MOST_PLACES = 20


def service(pipeline: str) -> str:
    """Return the service name of the spans of records that are sent back."""
    return f"{pipeline}-redrive"


def told(document: Document) -> str:
    """Return the counts before and after, and what stays; raises ReaderError where there are none."""
    try:
        return "\n".join(_lines(document))
    except DocumentError as error:
        raise unexpected(error) from error


def _lines(document: Document) -> Iterator[str]:
    topic, letters = documents.text(document, "topic"), documents.text(document, "dead_letter_topic")
    yield f"before: {documents.whole(document, 'before')} not sent back in {letters}"
    yield f"sent back to {topic}: {documents.whole(document, 'redriven')}"
    left = documents.mapping(document, "left")
    for reason in left:
        yield f"left in {letters}: {documents.whole(left, reason)}, because {one_line(reason)}"
    for place in _places(document):
        yield f"  {place}"
    yield f"after: {documents.whole(document, 'after')} not sent back in {letters}"


def _places(document: Document) -> list[str]:
    found = document.get("places") or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise DocumentError("places is no list of texts")
    return [one_line(each) for each in found[:_MOST_PLACES]]
