import pytest
from tracedpipeline import naming
from tracedpipeline.api import NAME_LIMIT


@pytest.mark.parametrize("component", naming.COMPONENTS)
def test_derived_names_fit_whatever_the_name(component: str) -> None:
    longest = "a" * NAME_LIMIT
    assert len(naming.component(longest, component)) <= 63
    assert len(naming.config(longest, component)) <= 63


def test_selectors_tell_components_and_pipelines_apart() -> None:
    selectors = [naming.selector(name, component) for name in ("a", "b") for component in naming.COMPONENTS]
    assert len({tuple(sorted(s.items())) for s in selectors}) == 8


def test_labels_are_what_the_selector_selects_and_more() -> None:
    assert naming.selector("a", "jaeger").items() < naming.labels("a", "jaeger").items()
