"""Whatever is in a file: one sentence for each fault, none of them an exception, and soon."""

import itertools
import time

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from tracedpipeline.manifests import pipelines

HEAD = "apiVersion: tracedpipeline.dev/v1alpha1\nkind: TracedPipeline\nmetadata: {name: orders}\n"
KAFKA = "kafka: {bootstrapServers: 'k:1'}"
GOOD = f"{HEAD}spec: {{{KAFKA}}}\n"


def spec(text: str) -> str:
    return f"{HEAD}spec: {text}\n"


def bomb(first: str, line: str, depth: int = 9) -> str:
    """Ten of the one before in each, by aliases."""
    names = [f"a{number}" for number in range(depth)]
    pairs = itertools.pairwise(names)
    return f"  a0: &a0 {first}\n" + "".join(
        f"  {name}: &{name} {line.format(', '.join([f'*{before}'] * 10))}\n" for before, name in pairs
    )


FAULTS = {
    "a list": ("- a", "is a list, not a resource"),
    "a text": ("a", "is a text, not a resource"),
    "a number": ("5", "is a number, not a resource"),
    "nothing": ("", "has no TracedPipeline: it is empty"),
    "a comment": ("# nothing", "has no TracedPipeline: it is empty"),
    "empty documents": ("---\n---\n", "has no TracedPipeline: it is empty"),
    "an empty list": ("apiVersion: v1\nkind: List\nitems: []", "has no TracedPipeline: it is empty"),
    "another resource": ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}", "has no TracedPipeline: it has Secret a"),
    "an unclosed list": ("a: [b", "is not YAML: while parsing a flow sequence"),
    "a tab": ("a:\n\t- b", "line 2: is not YAML"),
    "NUL": ("a: x\0y", "control characters are not allowed"),
    "an alias to nothing": ("a: *b", "line 1: is not YAML: found undefined alias"),
    "a bomb": (f"a:\n{bomb('[x]', '[{}]')}", "more than 50000 values"),
    "a bomb in a spec": (f"{HEAD}spec:\n{bomb('[x]', '[{}]')}", "more than 50000 values"),
    "a bomb of merged mappings": (f"{HEAD}spec:\n{bomb('{x: y}', '{{<<: [{}]}}')}", "more than 50000 values"),
    "what contains itself": (spec("&a {kafka: *a}"), "line 4: contains itself"),
    "deep lists": ("[" * 900, "is nested deeper than 64"),
    "deeper lists": ("[" * 100_000, "exceeded maximum nesting depth"),
    "deep mappings": ("\n".join(" " * n + "a:" for n in range(100)), "line 65: is nested deeper than 64"),
    "deep by aliases": (
        "\n".join(f"a{n}: &a{n} [*a{n - 1}]" if n else "a0: &a0 []" for n in range(99)),
        "nested deeper",
    ),
    "many values": ("- a\n" * 60_000, "more than 50000 values"),
    "a long text": ("a" * 1_100_000, "is longer than 1024 KiB"),
    "a tag for Python": (spec("!!python/object:os.system {a: 1}"), "line 4: is not YAML: could not determine"),
    "a boolean that is none": (spec("{paused: !!bool maybe}"), "line 4: 'maybe' cannot be read as bool"),
    "an integer that is empty": (spec("{a: !!int ''}"), "line 4: '' cannot be read as int"),
    "an integer without end": (spec(f"{{a: {'9' * 5000}}}"), "cannot be read as int"),
    "a hexadecimal without end": (spec(f"{{{KAFKA}, producer: {{messageBytes: 0x{'f' * 9000}}}}}"), "too many digits"),
    "no number": (spec(f"{{{KAFKA}, producer: {{ratePerSecond: .nan}}}}"), "spec.producer.ratePerSecond"),
    "bytes": (spec(f"{{{KAFKA}, consumer: {{groupId: !!binary /w==}}}}"), "spec.consumer.groupId"),
    "a set": (spec("{kafka: !!set {a, b}}"), "orders: spec.kafka"),
    "a key twice": (
        spec("{kafka: {bootstrapServers: 'k:1', bootstrapServers: 'j:1'}}"),
        "line 4: key 'bootstrapServers' is",
    ),
    "a list for a key": (spec("{? [a] : b}"), "a list or a mapping cannot be a key"),
    "a number for a key": (spec(f"{{1: a, {KAFKA}}}"), "orders: spec: key 1 is no text"),
    "on for a key": (spec(f"{{{KAFKA}, producer: {{on: a}}}}"), "orders: spec.producer: key True is no text"),
    "a key in Python's style": (
        spec("{kafka: {bootstrap_servers: 'k:1'}}"),
        "spec.kafka.bootstrap_servers: unknown field",
    ),
    "a misspelt kind": (
        GOOD.replace("TracedPipeline", "TracedPipelin"),
        "kind is 'TracedPipelin': write TracedPipeline",
    ),
    "another kind of ours": (GOOD.replace("TracedPipeline", "Pipe"), "kind is 'Pipe': write TracedPipeline"),
    "a kind in small letters": (GOOD.replace("TracedPipeline", "tracedpipeline"), "write TracedPipeline"),
    "kind and group misspelt": (GOOD.replace("racedp", "racep").replace("TracedP", "TraceP"), "write TracedPipeline"),
    "no kind": (GOOD.replace("kind: TracedPipeline\n", ""), "has no kind"),
    "a kind that is a list": (GOOD.replace("kind: TracedPipeline", "kind: [a]"), "has no kind"),
    "another version": (
        GOOD.replace("v1alpha1", "v1"),
        "apiVersion is 'tracedpipeline.dev/v1': write tracedpipeline.dev/v1",
    ),
    "no version": (GOOD.replace("apiVersion: tracedpipeline.dev/v1alpha1\n", ""), "orders: apiVersion is missing"),
    "a version that is a number": (GOOD.replace("tracedpipeline.dev/v1alpha1", "1"), "orders: apiVersion is missing"),
    "metadata that is a list": (GOOD.replace("{name: orders}", "[a]"), "metadata: should be an object"),
    "no metadata": (GOOD.replace("metadata: {name: orders}\n", ""), "metadata.name"),
    "a name that is a number": (GOOD.replace("orders", "5"), "metadata.name"),
    "a namespace that is none": (
        GOOD.replace("orders", "orders, namespace: A b"),
        "metadata.namespace: a name has only",
    ),
    "an unknown field of metadata": (GOOD.replace("name:", "title:"), "metadata.title: unknown field"),
    "labels that are numbers": (GOOD.replace("orders", "orders, labels: {a: 1}"), "metadata.labels: should be texts"),
    "a field beside the spec": (f"{GOOD}specs: {{}}\n", "orders: specs: unknown field"),
    "a spec that is a list": (spec("[a]"), "orders: spec: should be an object"),
    "no spec": (HEAD, "orders: spec.kafka: field required"),
    "two of one name": (f"{GOOD}---\n{GOOD}", "document 2: orders: there are two of this name"),
    "a List without items": ("apiVersion: v1\nkind: List\n", "is a List whose items are no list"),
    "a List of texts": ("apiVersion: v1\nkind: List\nitems: [a]\n", "items[0]: is a text"),
    "a List in a List": ("apiVersion: v1\nkind: List\nitems: [{kind: List, items: []}]\n", "items[0]: is a List"),
}


@pytest.mark.parametrize(("text", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_one_short_sentence_and_soon(text: str, words: str) -> None:
    began = time.process_time()
    found = pipelines.read(text.encode())
    assert time.process_time() - began < 2
    (problem,) = found.problems
    assert words in problem
    assert "\n" not in problem
    assert len(problem) < 1000


@pytest.mark.parametrize("content", [b"\xff\xfe\xfa", "ä".encode("latin-1"), GOOD.encode("utf-16")])
def test_what_is_not_utf_8_is_said_so(content: bytes) -> None:
    (problem,) = pipelines.read(content).problems
    assert problem.startswith("is not UTF-8: byte ")


def test_of_several_documents_each_fault_is_told_and_the_good_ones_are_read() -> None:
    other = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
    found = pipelines.read("---\n".join([GOOD, other, spec("{}").replace("orders", "a"), "- b\n"]).encode())
    assert [pipeline.name for pipeline in found.pipelines] == ["orders"]
    assert found.others == ["Namespace shop"]
    assert [problem.split(":")[0] for problem in found.problems] == ["document 3", "document 4"]


@pytest.mark.parametrize(
    "kind", ["apiVersion: v1\nkind: List", "apiVersion: tracedpipeline.dev/v1alpha1\nkind: TracedPipelineList"]
)
def test_a_list_is_read_item_by_item(kind: str) -> None:
    items = [yaml.safe_load(GOOD.replace("orders", name)) for name in ("a", "b")]
    found = pipelines.read(f"{kind}\nitems: {items}\n".encode())
    assert ([pipeline.name for pipeline in found.pipelines], found.problems) == (["a", "b"], [])


OF_KUBECTL_GET = "orders, creationTimestamp: null, generation: 2, labels: {a: 'b'}"
ANCHORED = f"""{HEAD}spec:
  {KAFKA}
  consumer: &consumer {{replicas: 2}}
  producer: {{<<: *consumer, messageBytes: 0x100}}
"""
READ = {
    "a byte order mark": f"\ufeff{GOOD}",
    "what kubectl get prints": f"{GOOD}status: {{}}\n".replace("orders", OF_KUBECTL_GET),
    "a date for a text": spec(f"{{{KAFKA}, consumer: {{groupId: 2026-01-01}}}}"),
    "a time for a text": spec(f"{{{KAFKA}, producer: {{env: [{{name: A, value: 12:30}}]}}}}"),
    "an equals sign": spec(f"{{{KAFKA}, producer: {{env: [{{name: A, value: =}}]}}}}"),
    "exponents": spec(f"{{{KAFKA}, producer: {{ratePerSecond: 1e3}}, tracing: {{samplingRatio: 1e-3}}}}"),
    "anchors and a merged mapping": ANCHORED,
}


@pytest.mark.parametrize("text", READ.values(), ids=READ.keys())
def test_what_kubectl_reads_is_read(text: str) -> None:
    found = pipelines.read(text.encode())
    assert found.problems == []
    assert len(found.pipelines) == 1


SCRAPS = st.sampled_from([*"[]{}:,-&*!|>?#%@\"'\n ~<=\0", "a", "1", "\ud7ff", "<<: ", "!!int ", "&a ", "*a", "---\n"])


@given(st.one_of(st.binary(max_size=300), st.lists(SCRAPS).map(lambda scraps: "".join(scraps).encode())))
@example(b"\xef\xbb\xbf")
@example(b"!!timestamp x")
@example(b"? !!null x\n: y")
def test_no_content_of_a_file_raises(content: bytes) -> None:
    found = pipelines.read(content)
    assert found.problems or found.pipelines


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), st.text()),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_no_spec_raises(anything: object) -> None:
    text = yaml.safe_dump({"apiVersion": "tracedpipeline.dev/v1alpha1", "kind": "TracedPipeline", "spec": anything})
    assert pipelines.read(text.encode()).problems


def others(count: int) -> str:
    return "---\n".join(f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a{number}}}\n" for number in range(count))


NO_RESOURCE = "not a resource with apiVersion, kind, metadata and spec"
WORD_FOR_WORD = {
    "a list for a key": (spec("{? [a] : b}"), "line 4: a list or a mapping cannot be a key"),
    "many lists beside each other": (f"[{'[], ' * 100}]", f"is a list, {NO_RESOURCE}"),
    "as much text as may be": (f"# {'a' * (1024**2 - 2)}", "has no TracedPipeline: it is empty"),
    "a list": ("- a", f"is a list, {NO_RESOURCE}"),
    "a boolean": ("true", f"is a boolean, {NO_RESOURCE}"),
    "a fraction": ("1.5", f"is a number, {NO_RESOURCE}"),
    "bytes": ("!!binary /w==", f"is a value, {NO_RESOURCE}"),
    "five others": (others(5), "has no TracedPipeline: it has Secret a0, Secret a1, Secret a2, Secret a3, Secret a4"),
    "six others": (others(6), "has no TracedPipeline: it has Secret a0, Secret a1, Secret a2, Secret a3, Secret a4"),
    "another's pipeline": (
        "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: a}",
        "has no TracedPipeline: it has Pipeline a",
    ),
    "a kind of our group": (
        "apiVersion: tracedpipeline.dev/v1/x\nkind: Pipe\nmetadata: {name: a}",
        "kind is 'Pipe': write TracedPipeline",
    ),
    "another version": (
        GOOD.replace("v1alpha1", "v1"),
        "orders: apiVersion is 'tracedpipeline.dev/v1': write tracedpipeline.dev/v1alpha1",
    ),
    "another version without a name": (
        GOOD.replace("v1alpha1", "v1").replace("name: orders", ""),
        "apiVersion is 'tracedpipeline.dev/v1': write tracedpipeline.dev/v1alpha1",
    ),
    "a field of metadata without a name": (
        GOOD.replace("name: orders", "title: a"),
        "metadata.title: unknown field; remove it or fix its spelling",
    ),
    "annotations that are numbers": (
        GOOD.replace("orders", "orders, annotations: {a: 1}"),
        "orders: metadata.annotations: should be texts by name: put each value in quotes",
    ),
    "a number for a key in a list": (
        spec("{kafka: [a, {1: b}]}"),
        "orders: spec.kafka[1]: key 1 is no text: put it in quotes",
    ),
    "a number for a key of the resource": (
        f"{GOOD}1: a\n",
        "orders: the resource: key 1 is no text: put it in quotes",
    ),
}


@pytest.mark.parametrize(("text", "problem"), WORD_FOR_WORD.values(), ids=WORD_FOR_WORD.keys())
def test_a_fault_word_for_word(text: str, problem: str) -> None:
    assert pipelines.read(text.encode()).problems == [problem]
