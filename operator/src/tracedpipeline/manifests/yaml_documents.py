"""Documents from YAML text that may be anything: a fault is one sentence, found before it costs time or memory. Pure.

Numbers are read as kubectl reads them: `1e-3` is one, `12:30` and `2026-01-01` are texts.
"""

import re
from collections.abc import Hashable, Iterator
from typing import Any, Final

import yaml

MOST_BYTES: Final = 1024**2
# Of scalars, lists and mappings, each alias counted as what it stands for.
MOST_NODES: Final = 50_000
DEEPEST: Final = 64
_LONGEST_SHOWN = 60

_TAG = "tag:yaml.org,2002:"
_READ_OTHERWISE = {f"{_TAG}{name}" for name in ("int", "float", "timestamp", "value")}
_INT = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)$")
_FLOAT = re.compile(r"[-+]?((\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|\.(nan|NaN|NAN)$")


class DocumentError(Exception):
    """The text is no YAML, or none that anybody means; one sentence tells why, and in which line."""


class _Loader(yaml.CSafeLoader):
    """PyYAML's, with the numbers of kubectl, and a sentence for a scalar that is not what its tag says."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            kind = node.tag.removeprefix(_TAG)
            words = f"{str(node.value)[:_LONGEST_SHOWN]!r} cannot be read as {kind}: put texts in quotes"
            raise DocumentError(f"line {node.start_mark.line + 1}: {words}") from None


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag not in _READ_OTHERWISE]
    for first, known in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(f"{_TAG}int", _INT, list("-+0123456789"))
_Loader.add_implicit_resolver(f"{_TAG}float", _FLOAT, list("-+0123456789."))


def documents(content: bytes) -> list[Any]:
    """Return the documents, None for an empty one; raises DocumentError."""
    text = _text(content)
    try:
        _scan(text)
        return list(_constructed(text))
    except yaml.YAMLError as error:
        raise DocumentError(_sentence(error)) from None


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise DocumentError(f"is longer than {MOST_BYTES // 1024} KiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"is not UTF-8: byte {error.start} cannot be read; save it as UTF-8") from None


def _scan(text: str) -> None:
    """Refuse what is too deep or too much, without making anything of it."""
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        _limit(nodes, depth, event.start_mark)


def _limit(nodes: int, depth: int, where: Any) -> None:
    if depth > DEEPEST:
        raise DocumentError(f"line {where.line + 1}: is nested deeper than {DEEPEST} levels")
    if nodes > MOST_NODES:
        raise DocumentError(f"line {where.line + 1}: has more than {MOST_NODES} values, those of aliases counted")


def _constructed(text: str) -> Iterator[Any]:
    loader = _Loader(text)
    try:
        while loader.check_node() and (node := loader.get_node()):
            _measure(node, {})
            yield loader.construct_document(node)
    finally:
        loader.dispose()


def _measure(node: yaml.Node, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Return how many nodes there are and how deep, aliases followed; refuse keys that are there twice.

    A node is known after its anchor, so that this goes no deeper than the text does.
    """
    if id(node) in known:
        if (measured := known[id(node)]) is None:
            raise DocumentError(f"line {node.start_mark.line + 1}: contains itself by an alias")
        return measured
    known[id(node)] = None
    below = [_measure(child, known) for child in _children(node)]
    total = 1 + sum(size for size, _ in below), 1 + max((depth for _, depth in below), default=0)
    _limit(*total, node.start_mark)
    known[id(node)] = total
    return total


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        _refuse_twins(node)
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _refuse_twins(node: yaml.MappingNode) -> None:
    seen: set[Hashable] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise DocumentError(f"line {key.start_mark.line + 1}: a list or a mapping cannot be a key")
        if (key.tag, key.value) in seen:
            name = key.value[:_LONGEST_SHOWN]
            raise DocumentError(f"line {key.start_mark.line + 1}: key {name!r} is there twice: keep one of them")
        seen.add((key.tag, key.value))


def _sentence(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    words = [getattr(error, "context", None), getattr(error, "problem", None) or getattr(error, "reason", None)]
    said = " ".join(", ".join(filter(None, words)).split()) or " ".join(str(error).split())
    return f"line {mark.line + 1}: is not YAML: {said}" if mark else f"is not YAML: {said}"
