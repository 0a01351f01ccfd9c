"""What Flink is told is the same whoever starts it: the image's entrypoint, or the operator's FlinkDeployment."""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from traced_flink_consumer import cluster, configuration
from tracedpipeline import desired, naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import flink, flink_deployment
from tracedpipeline.kafka import plan
from tracedpipeline.settings import Settings

ROOT = Path(__file__).parents[3]
IMAGE = ROOT / "apps" / "flink-consumer"
DOCKERFILE = (IMAGE / "Dockerfile").read_text()

# The Flink Kubernetes Operator sees to these by itself, or has fields for them.
ITS_OWN = {
    *configuration._PORTS,
    "jobmanager.rpc.address",
    "rest.address",
    "jobmanager.bind-host",
    "rest.bind-address",
    "taskmanager.bind-host",
    "taskmanager.numberOfTaskSlots",
    "jobmanager.memory.process.size",
    "taskmanager.memory.process.size",
    "rest.async.store-duration",
    "execution.shutdown-on-application-finish",
}
# Kubernetes' high availability, and the pods that Flink makes itself.
WITHOUT_THE_ENTRYPOINT = ("high-availability.", "kubernetes.")


def objects(*, flink_operator: bool) -> list[dict[str, Any]]:
    body = yaml.safe_load((ROOT / "examples" / "flink.yaml").read_text())
    pipeline = TracedPipeline.parse(body)
    settings = Settings.from_environment({})
    return desired.build(pipeline, plan.access(pipeline), settings, flink_operator=flink_operator)


def by_entrypoint() -> dict[str, Any]:
    """Return what the entrypoint makes of the JobManager's environment, without the distribution's own lines."""
    deployments = {o["metadata"]["name"]: o for o in objects(flink_operator=False) if o["kind"] == "Deployment"}
    (container,) = deployments["payments-jobmanager"]["spec"]["template"]["spec"]["containers"]
    variables = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    written = configuration.of_cluster("", variables, Path(variables["FLINK_STATE_DIR"]))
    return values(yaml.safe_load(written))


def by_flink_operator() -> dict[str, Any]:
    (resource,) = (o for o in objects(flink_operator=True) if o["kind"] == "FlinkDeployment")
    return values(resource["spec"]["flinkConfiguration"])


def values(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: yaml.safe_load(str(value)) for key, value in properties.items()}


def test_the_configuration_is_the_same_but_for_what_each_sees_to_itself() -> None:
    entrypoint = by_entrypoint()
    alike = {key: value for key, value in entrypoint.items() if key not in ITS_OWN}
    assert alike == {
        key: value for key, value in by_flink_operator().items() if not key.startswith(WITHOUT_THE_ENTRYPOINT)
    }
    assert entrypoint.keys() >= ITS_OWN


def test_the_job_is_started_with_the_same_arguments() -> None:
    python = {sys.executable: flink_deployment.PYTHON}
    command = [python.get(each, each) for each in cluster._job_manager(Path("/nowhere"))]
    assert command[-len(flink_deployment.ARGUMENTS) :] == list(flink_deployment.ARGUMENTS)
    assert flink_deployment.PYTHON_DRIVER in command


def test_what_is_chatty_is_silenced_by_both() -> None:
    silenced = re.findall(r"^logger\.\w+\.name = (.*)$", flink_deployment.LOG4J, re.MULTILINE)
    assert sorted(silenced) == sorted(cluster._QUIET)
    levels = re.findall(r"^logger\.\w+\.level = (.*)$", flink_deployment.LOG4J, re.MULTILINE)
    assert levels == ["WARN"] * len(silenced)


@pytest.mark.parametrize(
    ("key", "port"),
    [
        ("jobmanager.rpc.port", flink.RPC_PORT),
        ("blob.server.port", flink.BLOB_PORT),
        ("rest.port", naming.FLINK_REST_PORT),
        ("taskmanager.rpc.port", flink.TASK_MANAGER_PORT),
    ],
)
def test_a_port_is_the_one_that_the_operator_opens(key: str, port: int) -> None:
    assert by_entrypoint()[key] == port


def test_user_and_folders_are_the_images() -> None:
    assert f"USER {flink.USER}:{flink.USER}\n" in DOCKERFILE
    assert f"mkdir -p {flink.LOG_DIRECTORY} {flink.STATE_DIRECTORY} " in DOCKERFILE
    assert f"COPY --from=builder {Path(flink_deployment.PYTHON).parents[1]} " in DOCKERFILE
    assert f" {flink_deployment.ARGUMENTS[-1]}\n" in DOCKERFILE
    assert flink.STATE_DIRECTORY == cluster._STATE


def test_flinks_version_is_that_of_versions_mk() -> None:
    versions = dict(re.findall(r"^(\w+) := (.*)$", (ROOT / "versions.mk").read_text(), re.MULTILINE))
    version = versions["FLINK_VERSION"]
    assert version == flink_deployment.VERSION
    assert (
        f"apache-flink=={version}" in tomllib.loads((IMAGE / "pyproject.toml").read_text())["project"]["dependencies"]
    )
    assert versions["FLINK_CONNECTOR_VERSION"].endswith(f"-{version.rpartition('.')[0]}")
    for argument in ("VERSION", "CHECKSUM"):
        assert f"ARG CONNECTOR_{argument}={versions[f'FLINK_CONNECTOR_{argument}']}\n" in DOCKERFILE
    assert flink_deployment.PYTHON_JAR in (IMAGE / "README.md").read_text()
