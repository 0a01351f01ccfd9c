"""The answers as text. Pure."""

from collections.abc import Iterator, Sequence

from tracedpipeline.find import answer, missing, phrases, question
from tracedpipeline.find.answer import Answer, Evidence, Where
from tracedpipeline.find.facts import Facts, Record
from tracedpipeline.find.question import Question

_LONGEST_SHOWN = 200


def found(evidence: Evidence, asked: Question) -> bool:
    """Return whether a message was found, wherever it is."""
    return all(each.where not in (Where.NOT_FOUND, Where.NO_RECORD) for each in _answers(evidence, asked))


def lines(evidence: Evidence, asked: Question) -> Iterator[str]:
    """Yield the lines: of each record what it is and where it is."""
    facts = evidence.facts
    for record, told in zip(facts.records, _answers(evidence, asked), strict=False):
        yield _heading(facts, record)
        yield f"  {told.where}: {told.text}"
        if asked.value:
            yield f"  value: {_value(record)}"
    if not facts.records:
        yield from (f"{each.where}: {each.text}" for each in _answers(evidence, asked))
    if facts.records and len(facts.records) < asked.limit:
        yield f"no other was found{phrases.unread(facts.scan, 'older records')}"


def _answers(evidence: Evidence, asked: Question) -> Sequence[Answer]:
    if evidence.facts.records:
        return [answer.of_record(evidence, each) for each in evidence.facts.records]
    if asked.place:
        return [missing.of_place(evidence, asked.place)]
    what = f"key {question.shown(asked.key)!s}" if asked.key is not None else f"trace {asked.trace}"
    return missing.of_search(evidence, what)


def _heading(facts: Facts, record: Record) -> str:
    key = "no key" if record.key is None else f"key {_cut(question.shown(record.key))}"
    size = "tombstone" if record.value_bytes is None else f"{record.value_bytes} bytes"
    when = phrases.time(record.timestamp, facts.now) if record.timestamp >= 0 else "no timestamp"
    trace = f"trace {record.trace_id}" if record.trace_id else "no trace context"
    return f"{phrases.place(facts.topic, record.place)}  {key}  {size}  {when}  {trace}"


def _value(record: Record) -> str:
    if record.value_bytes is None:
        return "none: a tombstone"
    content = record.value or b""
    cut = f" … the first {len(content)} of {record.value_bytes} bytes" if len(content) < record.value_bytes else ""
    return question.shown(content) + cut


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
