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


def test_one_selector_finds_the_pods_of_all_clients() -> None:
    assert naming.client_pods("orders") == (
        "app.kubernetes.io/name in (producer,consumer,jobmanager,taskmanager),"
        "app.kubernetes.io/instance=orders,app.kubernetes.io/part-of=tracedpipeline"
    )


def test_jaeger_answers_at_its_own_service() -> None:
    assert naming.jaeger_url("orders", "shop") == "http://orders-jaeger.shop.svc:16686"
