"""`connector.py VERSION SHA256 FOLDER`: puts Flink's Kafka connector from Maven Central into a folder."""

import hashlib
import sys
import urllib.request
from pathlib import Path
from typing import Final

_ARTIFACT: Final = "flink-sql-connector-kafka"
_CENTRAL: Final = f"https://repo1.maven.org/maven2/org/apache/flink/{_ARTIFACT}"


def main(version: str, checksum: str, folder: str) -> None:
    """Download the jar unless it is there; nothing is left of one with another checksum."""
    jar = Path(folder) / f"{_ARTIFACT}-{version}.jar"
    if jar.exists() and _checksum(jar.read_bytes()) == checksum:
        return
    url = f"{_CENTRAL}/{version}/{jar.name}"
    with urllib.request.urlopen(url, timeout=120) as answer:  # noqa: S310 - the scheme is ours
        content = answer.read()
    if (found := _checksum(content)) != checksum:
        sys.exit(f"{url}: sha256 is {found}, expected {checksum} (FLINK_CONNECTOR_CHECKSUM in versions.mk)")
    jar.parent.mkdir(parents=True, exist_ok=True)
    jar.write_bytes(content)


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main(*sys.argv[1:])
