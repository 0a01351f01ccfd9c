"""What it means that no record was found. Pure."""

from tracedpipeline.find import phrases
from tracedpipeline.find.answer import Answer, Evidence, Where, dead_lettered
from tracedpipeline.find.facts import Facts, Partition
from tracedpipeline.jaeger import traces


def of_place(evidence: Evidence, place: tuple[int, int]) -> Answer:
    """Return what is at a place where no record was read."""
    facts, (number, offset) = evidence.facts, place
    partition, where = facts.partitions.get(number), phrases.place(evidence.facts.topic, place)
    if partition is None:
        last = max(facts.partitions, default=0)
        return Answer(Where.NOT_FOUND, f"{facts.topic} has no partition {number}: its partitions are 0 to {last}")
    if offset < partition.start:
        return _expired(evidence, place, partition)
    if offset >= partition.written:
        return Answer(Where.NOT_FOUND, f"{where} is not written yet: the partition ends at offset {partition.written}")
    if offset >= partition.end:
        text = f"{where} is behind offset {partition.end}, where a transaction is open that hides it from readers"
        return Answer(Where.HELD_BACK, text)
    if facts.scan.stopped:
        return Answer(Where.NOT_FOUND, f"{where} was not read{phrases.unread(facts.scan, 'it')}")
    what = "it was compacted, belongs to an aborted transaction, or is a transaction's marker"
    return Answer(Where.NO_RECORD, f"{where} has none: {what}")


def _expired(evidence: Evidence, place: tuple[int, int], partition: Partition) -> Answer:
    facts = evidence.facts
    gone = f"{phrases.place(facts.topic, place)} is gone: the partition begins at offset {partition.start}"
    if letter := next((each for each in facts.letters if each.origin == place), None):
        return Answer(Where.DEAD_LETTERED, f"{dead_lettered(facts, letter).text}; {gone}")
    if partition.committed is not None and place[1] < partition.committed:
        return Answer(Where.EXPIRED, f"{gone}; group {facts.group} had committed past it")
    committed = "nothing" if partition.committed is None else f"offset {partition.committed}"
    return Answer(
        Where.EXPIRED,
        f"{gone}; group {facts.group} has committed {committed}: it was not processed before, as far as Kafka knows",
    )


def of_search(evidence: Evidence, what: str) -> list[Answer]:
    """Return what is known of a key or a trace of which no record was found."""
    facts = evidence.facts
    if facts.letters:
        return [_gone(facts, dead_lettered(facts, each)) for each in facts.letters]
    done = [span for span in evidence.spans or () if traces.is_process(span, evidence.pipeline) and not span.error]
    if done:
        when = phrases.time(done[-1].end // 1_000_000, facts.now)
        return [Answer(Where.PROCESSED, f"{when}, trace {done[-1].trace_id}; its record was not found{_extent(facts)}")]
    return [Answer(Where.NOT_FOUND, f"no record with {what}{_extent(facts)}")]


def _gone(facts: Facts, answer: Answer) -> Answer:
    return Answer(answer.where, f"{answer.text}; its record was not found{_extent(facts)}")


def _extent(facts: Facts) -> str:
    """Return how much was read: all that the topic has, or where the scan stopped early."""
    if facts.scan.stopped:
        return phrases.unread(facts.scan, "older records")
    return f" among the {facts.scan.records} records that {facts.topic} has"
