"""Kafka's jars are downloaded once, by checksum; each thing that can be in the way is one sentence."""

import errno
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tracedpipeline.local import jars
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.jars import MIRROR, Jar

ROOT = Path(__file__).parents[4]
CONTENT = {f"org/example/{name}.jar": name.encode() * 1000 for name in ("one", "two", "three")}


def jar(path: str, content: bytes) -> Jar:
    return Jar(hashlib.sha256(content).hexdigest(), len(content), path)


class Central:
    """A Maven repository, and what was fetched from it."""

    def __init__(self) -> None:
        self.url = ""
        self.content = dict(CONTENT)
        self.fetched: list[str] = []
        self.told: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.fetched.append(path)
        return web.Response(body=self.content[path]) if path in self.content else web.Response(status=404)

    async def fetch(self, folder: Path) -> None:
        await jars.fetch(folder, self.told.append, {MIRROR: f"{self.url}/"})


@pytest.fixture
async def central(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Central]:
    monkeypatch.setattr(jars, "listed", lambda: [jar(path, content) for path, content in CONTENT.items()])
    monkeypatch.setattr(jars, "version", lambda: "4")
    found = Central()
    application = web.Application()
    application.router.add_get("/{path:.*}", found.answer)
    async with TestServer(application) as server:
        found.url = str(server.make_url("")).rstrip("/")
        yield found


async def test_what_is_missing_is_fetched_once(central: Central, tmp_path: Path) -> None:
    await central.fetch(tmp_path / "cache")
    await central.fetch(tmp_path / "cache")
    assert sorted(central.fetched) == sorted(CONTENT)
    assert {file.name: file.read_bytes() for file in (tmp_path / "cache").iterdir()} == {
        path.rpartition("/")[2]: content for path, content in CONTENT.items()
    }
    assert central.told == [f"downloading Apache Kafka 4: 3 jars, 0 MB, from {central.url}"]


async def test_a_damaged_one_is_fetched_again(central: Central, tmp_path: Path) -> None:
    await central.fetch(tmp_path)
    (tmp_path / "two.jar").write_bytes(b"cut")
    await central.fetch(tmp_path)
    assert central.fetched[3:] == ["org/example/two.jar"]


@pytest.mark.parametrize("content", [b"else", CONTENT["org/example/one.jar"] + b"!", b"x" * 10_000_000])
async def test_another_content_is_refused_and_not_kept(central: Central, tmp_path: Path, content: bytes) -> None:
    central.content["org/example/one.jar"] = content
    with pytest.raises(LocalError, match=r"org/example/one\.jar: sha256 is \w+, expected \w+: use --kafka mock"):
        await central.fetch(tmp_path)
    assert not (tmp_path / "one.jar").exists()


async def test_a_repository_without_it_is_one_sentence(central: Central, tmp_path: Path) -> None:
    del central.content["org/example/one.jar"]
    with pytest.raises(LocalError, match=f"cannot be downloaded from {central.url} .*404.*--kafka mock.*{MIRROR}"):
        await central.fetch(tmp_path)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
async def test_no_repository_is_one_sentence(central: Central, tmp_path: Path, url: str) -> None:
    central.url = url
    with pytest.raises(LocalError, match=f"cannot be downloaded from {url} .*: use --kafka mock") as refused:
        await central.fetch(tmp_path)
    assert "\n" not in str(refused.value)


async def test_a_full_disk_is_one_sentence(central: Central, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(
        LocalError, match=f"{tmp_path}: Apache Kafka cannot be kept there: No space left on device; make"
    ):
        await central.fetch(tmp_path)


async def test_a_folder_that_cannot_be_made_is_one_sentence(central: Central, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match="Apache Kafka cannot be kept there: Not a directory"):
        await central.fetch(tmp_path / "file" / "cache")


def test_it_is_the_kafka_of_the_cluster() -> None:
    image = re.search(r"^KAFKA_IMAGE := .*:(\S+)$", (ROOT / "versions.mk").read_text(), re.MULTILINE)
    pom = ET.parse(ROOT / "standins" / "kafka" / "pom.xml").getroot()
    version = pom.findtext("{*}properties/{*}kafka.version")
    assert image is not None
    assert jars.version() == image[1] == version


def test_each_jar_is_listed_once() -> None:
    found = jars.listed()
    assert len({jar.name for jar in found}) == len(found) > 40
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) and jar.size > 0 for jar in found)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/tracedpipeline"),
        ({"HOME": "/h", "XDG_CACHE_HOME": ""}, "/h/.cache/tracedpipeline"),
    ],
)
def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert jars.cache(environment) == Path(expected)


def test_the_cache_of_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert jars.cache({"HOME": "/h"}) == Path("/h/Library/Caches/tracedpipeline")
