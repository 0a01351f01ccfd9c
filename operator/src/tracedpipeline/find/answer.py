"""From what Kafka and the trace store know to where a message is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracedpipeline.find import phrases
from tracedpipeline.find.facts import Facts, Letter, Partition, Record
from tracedpipeline.jaeger import traces
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.untrusted.quoting import one_line

# Spans are in the trace store after their client's batch and the Collector's, and after what is tried again of both.
_SETTLED_MS = 30_000


class Where(StrEnum):
    """Where a message is."""

    QUEUED = "queued"
    IN_PROGRESS = "in progress"
    PROCESSED = "processed"
    DEAD_LETTERED = "dead-lettered"
    COMMITTED = "committed past without a process span"
    EXPIRED = "expired by retention"
    HELD_BACK = "in an open transaction"
    NO_RECORD = "no record"
    NOT_FOUND = "not found"


@dataclass(frozen=True)
class Answer:
    """Where one message is, and what tells so."""

    where: Where
    text: str


@dataclass(frozen=True)
class Evidence:
    """What there is to go by: `spans` is None where the trace store did not answer; `checkpoints`: Flink commits."""

    pipeline: str
    facts: Facts
    spans: Sequence[Span] | None
    checkpoints: bool = False

    def attempts(self, record: Record) -> list[Span]:
        """Return the process spans of a record in the order in which they ended."""
        found = [
            span
            for span in self.spans or ()
            if span.trace_id == record.trace_id
            and traces.is_process(span, self.pipeline)
            and span.place in (None, record.place)
        ]
        return sorted(found, key=lambda span: span.end)


def of_record(evidence: Evidence, record: Record) -> Answer:
    """Return where a record is that is in the topic."""
    facts = evidence.facts
    partition = facts.partitions[record.partition]
    letter = next((each for each in facts.letters if each.origin == record.place), None)
    attempts = evidence.attempts(record)
    passed = partition.committed is not None and record.offset < partition.committed
    if letter:
        return dead_lettered(facts, letter)
    if attempts and not attempts[-1].error:
        return _processed(evidence, attempts[-1], passed=passed)
    if attempts and not passed:
        text = f"attempt {len(attempts)} failed, the consumer tries again: {one_line(attempts[-1].error)}"
        return Answer(Where.IN_PROGRESS, text)
    if passed:
        return _committed(evidence, record, attempts)
    return _waiting(evidence, record, partition)


def _processed(evidence: Evidence, span: Span, *, passed: bool) -> Answer:
    when = phrases.time(span.end // 1_000_000, evidence.facts.now)
    text = f"{when}, in {(span.end - span.start) / 1e6:.1f} ms, trace {span.trace_id}"
    if not passed:
        what = "no completed checkpoint has it yet" if evidence.checkpoints else "its offset is not committed yet"
        text += f"; {what}: after a failure it would be processed again"
    return Answer(Where.PROCESSED, text)


def dead_lettered(facts: Facts, letter: Letter) -> Answer:
    """Return that a record is a dead letter, with its reason and its place."""
    where = phrases.place(facts.dead_letter_topic, letter.record.place)
    text = f"{one_line(letter.reason)}; it is {where} since {phrases.time(letter.record.timestamp, facts.now)}"
    since = {True: "; sent back to its topic since", False: "", None: "; whether it was sent back since is not known"}
    return Answer(Where.DEAD_LETTERED, text + since[letter.redriven])


def _committed(evidence: Evidence, record: Record, attempts: Sequence[Span]) -> Answer:
    facts = evidence.facts
    committed = f"group {facts.group} is past it, at offset {facts.partitions[record.partition].committed}"
    if attempts:
        why = f"its last attempt failed ({one_line(attempts[-1].error)}), and no dead letter was found"
    elif not record.trace_id:
        why = "it carries no trace context, so that its spans are in a trace of their own"
    elif not record.sampled:
        why = "its trace was not sampled, so that there are no spans"
    elif evidence.spans is None:
        why = "the trace store did not answer"
    elif facts.now - record.timestamp < _SETTLED_MS:
        why = "its spans may be on their way: look again in half a minute"
    else:
        why = f"the trace store has no process span of trace {record.trace_id}: lost, dropped, or gone by now"
    return Answer(Where.COMMITTED, f"{committed}; {why}{phrases.unread(facts.letter_scan, 'dead letters')}")


def _waiting(evidence: Evidence, record: Record, partition: Partition) -> Answer:
    facts, begin = evidence.facts, _begin(partition)
    behind = max(record.offset - begin, 0)
    if evidence.checkpoints:
        text = f"{behind} records behind the last completed checkpoint, which is at offset {begin}"
        return Answer(Where.QUEUED, f"{text}{_pace(facts, partition, behind)}")
    if facts.members == 0:
        text = f"{_before(behind)}; nobody reads: group {facts.group} has no members"
        return Answer(Where.QUEUED, text)
    if behind == 0 and facts.members:
        text = f"or about to be: it is the first record that group {facts.group} has not committed"
        return Answer(Where.IN_PROGRESS, text)
    return Answer(Where.QUEUED, f"{_before(behind)}{_pace(facts, partition, behind)}")


def _begin(partition: Partition) -> int:
    """Return where the group reads on: at the beginning of the log where it has committed nothing that is left."""
    return max(partition.committed or 0, partition.start)


def _before(behind: int) -> str:
    return (
        "no record is before it"
        if behind == 0
        else f"{behind} {'record is' if behind == 1 else 'records are'} before it"
    )


def _pace(facts: Facts, partition: Partition, behind: int) -> str:
    done = _begin(partition) - max(partition.committed_before or 0, partition.start)
    if done <= 0:
        return f"; nothing was committed in the last {facts.seconds:.0f} s"
    rate = done / facts.seconds
    return f", about {phrases.length(behind / rate)} at {rate:.3g} records a second"
