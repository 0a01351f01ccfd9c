"""The API server of a run: kube-apiserver and etcd where their binaries are on PATH, else the fake one of the tests.

Either is a process of its own, so that only the operator is measured; nothing else of a cluster runs.
"""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import aiohttp
import yaml
from tracedpipeline.local.ports import free_port

from benchmarks.operator.api import TOKEN, Api

CRD = Path(__file__).parents[2] / "charts/tracedpipeline-operator/files/crd.yaml"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
STARTED_SECONDS = 60


def is_real() -> bool:
    """Return whether the binaries are there."""
    return all(map(shutil.which, ("kube-apiserver", "etcd")))


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Api]:
    """Run an API server that knows the resource; what it keeps and logs is in the folder."""
    programs, url = _real(folder) if is_real() else _fake()
    with (folder / "log").open("wb") as log:
        started = [_run(program, log) for program in programs]
    try:
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
            api = Api(session, url, folder / "kubeconfig")
            api.kubeconfig.write_text(yaml.safe_dump(_kubeconfig(url)))
            await _ready(api)
            if is_real():
                await _define(api)
            yield api
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def _run(program: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(program, stdout=log, stderr=log)  # noqa: S603 - ours


def _fake() -> tuple[list[Sequence[str]], str]:
    port = free_port()
    return [[sys.executable, "-m", "benchmarks.operator.fake_server", str(port)]], f"http://127.0.0.1:{port}"


def _real(folder: Path) -> tuple[list[Sequence[str]], str]:
    store, peers, port = (free_port() for _ in range(3))
    key = folder / "serviceaccount.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)  # noqa: S603, S607 - ours
    (folder / "tokens.csv").write_text(f'{TOKEN},admin,admin,"system:masters"\n')
    etcd = {
        "data-dir": folder / "etcd",
        "listen-client-urls": f"http://127.0.0.1:{store}",
        "advertise-client-urls": f"http://127.0.0.1:{store}",
        "listen-peer-urls": f"http://127.0.0.1:{peers}",
        "unsafe-no-fsync": "true",
    }
    api_server = {
        "etcd-servers": f"http://127.0.0.1:{store}",
        "secure-port": port,
        "bind-address": "127.0.0.1",
        "cert-dir": folder / "certificates",
        "service-account-issuer": "https://benchmarks",
        "service-account-key-file": key,
        "service-account-signing-key-file": key,
        "token-auth-file": folder / "tokens.csv",
        "authorization-mode": "AlwaysAllow",
        # Nobody makes the accounts that pods would need.
        "disable-admission-plugins": "ServiceAccount",
        "service-cluster-ip-range": "10.0.0.0/16",
    }
    return [_command("etcd", etcd), _command("kube-apiserver", api_server)], f"https://127.0.0.1:{port}"


def _command(program: str, options: dict[str, object]) -> list[str]:
    return [program, *(f"--{name}={value}" for name, value in options.items())]


def _kubeconfig(url: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "benchmark",
        "contexts": [{"name": "benchmark", "context": {"cluster": "benchmark", "user": "benchmark"}}],
        "clusters": [{"name": "benchmark", "cluster": {"server": url, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "benchmark", "user": {"token": TOKEN}}],
    }


async def _ready(api: Api) -> None:
    """Wait until it answers, and has the namespaces that it makes itself."""
    async with asyncio.timeout(STARTED_SECONDS):
        while not await _answers(api):
            await asyncio.sleep(0.2)


async def _answers(api: Api) -> bool:
    try:
        return await api.found("/readyz" if is_real() else "/api")
    except aiohttp.ClientError:
        return False


async def _define(api: Api) -> None:
    definition = yaml.safe_load(CRD.read_text())
    await api.send("post", DEFINITIONS, definition)
    async with asyncio.timeout(STARTED_SECONDS):
        while not await api.found("/apis/tracedpipeline.dev/v1alpha1/tracedpipelines"):
            await asyncio.sleep(0.2)
