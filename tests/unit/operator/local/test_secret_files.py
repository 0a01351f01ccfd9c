from pathlib import Path

import pytest
from tracedpipeline.local.errors import LocalError
from tracedpipeline.local.secret_files import Folder


def test_a_file_for_each_key_in_a_folder_for_each_secret(tmp_path: Path) -> None:
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "password").write_bytes(b"p\n")
    found = Folder(tmp_path)
    assert found.value("login", "password") == "p\n"
    assert found.contents({"login": ["password"]}) == {"login": {"password": b"p\n"}}


def test_without_the_folder_it_says_where_to_put_what() -> None:
    with pytest.raises(
        LocalError, match="takes key 'token' of 'partner': put it into a file FOLDER/partner/token, and"
    ):
        Folder(None).value("partner", "token")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=f"key 'token' of 'partner': {tmp_path}/partner/token: No such file"):
        Folder(tmp_path).value("partner", "token")


def test_what_is_no_text_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "partner").mkdir()
    (tmp_path / "partner" / "token").write_bytes(b"\xffsecret")
    with pytest.raises(LocalError, match="no UTF-8 text") as refused:
        Folder(tmp_path).value("partner", "token")
    assert "secret" not in str(refused.value)
