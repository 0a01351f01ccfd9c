import json
import subprocess
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from tests.e2e import kube
from tests.e2e.by_folder import ByFolder

COMPONENTS = ("producer", "consumer", "jobmanager", "taskmanager", "collector", "jaeger")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(900))  # several of its waits may be long on a busy machine
        if "by_flink" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.alone)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    """Run folders of stories beside each other."""
    return ByFolder(config, log)


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the story's own, which enforces the restricted Pod Security Standard."""
    name = request.node.name.removeprefix("test_").split("[")[0].replace("_", "-")[:50].rstrip("-")
    yield from make_namespace(f"e2e-{name}")


@pytest.fixture(scope="session")
def flowing() -> Iterator[tuple[str, str]]:
    """A pipeline whose traces flow, for the stories that leave it as it was; namespace and name."""
    for namespace in make_namespace("e2e-flowing"):
        kube.apply(kube.pipeline(namespace, "orders"))
        kube.until_condition(namespace, "orders", "TracesFlowing", "True")
        yield namespace, "orders"


def make_namespace(name: str) -> Iterator[str]:
    """A namespace that enforces the restricted Pod Security Standard."""
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    kube.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait")
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": restricted}})
    yield name
    kube.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def jaeger() -> Callable[[str, str, str], Any]:
    """Ask a pipeline's Jaeger for a path of its API, through the API server's proxy."""

    def ask(namespace: str, name: str, path: str) -> Any:
        return json.loads(
            kube.kubectl("get", "--raw", f"/api/v1/namespaces/{namespace}/services/{name}-jaeger:16686/proxy{path}")
        )

    return ask


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and report.when != "teardown":
        for name in _namespaces():
            report.sections.append((f"what is in {name}", _story(name)))
        report.sections.append(
            (
                "the operator's log",
                _run("logs", "-n", "tracedpipeline-system", "deploy/tracedpipeline-operator", "--tail=60"),
            )
        )
    return report


def _namespaces() -> list[str]:
    listed = _run("get", "namespaces", "--output", "name").split()
    return [name.removeprefix("namespace/") for name in listed if name.startswith("namespace/e2e-")]


def _story(namespace: str) -> str:
    parts = [
        _run("get", "events", "-n", namespace, "--sort-by=.lastTimestamp"),
        _run("describe", "tp", "-n", namespace),
        _run("get", "pods", "-n", namespace, "-o", "wide"),
    ]
    parts += [
        _run("logs", "-n", namespace, "-l", f"app.kubernetes.io/name={component}", "--tail=15", "--prefix")
        for component in COMPONENTS
    ]
    return "\n".join(parts)


def _run(*arguments: str) -> str:
    done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return f"$ kubectl {' '.join(arguments)}\n{done.stdout}{done.stderr}"
