"""Images that a person makes from the kit's."""

import os
import subprocess
from pathlib import Path

from tests.e2e.node import CLUSTER


def with_file(base: str, place: str, content: str, folder: Path) -> str:
    """Make an image that has another file at this place, bring it to the cluster, and return its name."""
    name = f"{base.rpartition(':')[0]}:e2e"
    (folder / "file").write_text(content)
    (folder / "Dockerfile").write_text(f"FROM {base}\nCOPY file {place}\n")
    # The old builder, as for the kit's own images: it is in every engine.
    _run("docker", "build", "--quiet", "--tag", name, str(folder), DOCKER_BUILDKIT="0")
    _run("kind", "load", "docker-image", "--name", CLUSTER, name)
    return name


def _run(*command: str, **environment: str) -> None:
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
