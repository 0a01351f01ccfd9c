"""Documents as somebody might write them: good ones, with anything at any place of them."""

from collections.abc import Iterator
from typing import Any, Final

from hypothesis import strategies as st

_STRANGE: Final = st.sampled_from(
    [
        "",
        "\x1b[31mred\x00\u202e",
        "two\nlines\r\n",
        "x" * 70_000,
        "9" * 400,
        "1" + "0" * 30,
        "\ud800",
        "0001-01-01T00:00:00Z",
    ]
)
_NUMBERS: Final = st.sampled_from([0, -1, 2**63, 10**40, 1e308, float("inf"), float("nan"), 1.5, True])
ANYTHING: Final = st.recursive(
    st.one_of(st.none(), _NUMBERS, _STRANGE, st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)),
    max_leaves=6,
)
_GONE: Final = object()
Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each value within a document."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from paths(inner, (*path, key))


def changed(value: Any, path: Path, new: Any) -> Any:
    """Return the document with something else at a path; without it where that is _GONE."""
    if not path:
        return new
    step, *rest = path
    if isinstance(value, dict):
        inner = {**value, step: changed(value.get(step), tuple(rest), new)}
        return {key: each for key, each in inner.items() if each is not _GONE}
    if isinstance(value, list):
        inner_list = [changed(each, tuple(rest), new) if n == step else each for n, each in enumerate(value)]
        return [each for each in inner_list if each is not _GONE]
    return value


@st.composite
def mutated(draw: st.DrawFn, good: Any, kept: frozenset[Path] = frozenset()) -> Any:
    """Draw the document with up to four of its values changed; what is `kept` the API server has checked."""
    places = [path for path in paths(good) if path not in kept]
    document = good
    for path in draw(st.lists(st.sampled_from(places), max_size=4)):
        document = changed(document, path, draw(st.one_of(st.just(_GONE), ANYTHING)))
    return document
