"""tools/retired-words.sh, on a checkout of its own."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("We mend it.", "fix"),
        ("a Kafka that Strimzi runs", "Kafka cluster"),
        ("quotes Kafka's words", "error message"),
        ("reason: ImageCannotBePulled", "ImagePullBackOff"),
        ("from kafkatrace.spans import protobuf as wire", "the module's own name"),
        ("from tracedpipeline.flink import health as verdict", "the module's own name"),
        ("def pods(self, which: str) -> None: ...", "component"),
        ('    """Tell whether it is ready."""', "Return"),
        ("We amend it in a Kafka cluster, and nobody recommends it.", ""),
    ],
)
def test_a_retired_word_is_named_with_its_place_and_what_to_write_instead(
    tmp_path: Path, line: str, found: str
) -> None:
    (tmp_path / "tools").mkdir()
    for name in ("retired-words.sh", "retired-words.txt"):
        shutil.copy(TOOLS / name, tmp_path / "tools" / name)
    (tmp_path / "page.md").write_text(f"\n{line}\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    ran = subprocess.run([tmp_path / "tools" / "retired-words.sh"], check=False, capture_output=True, text=True)
    assert ran.returncode == bool(found), ran
    assert (f"page.md:2:{line}" in ran.stdout) == bool(found)
    assert found in ran.stderr
