"""A secret is one printable line in a file that others cannot read, and no message shows it."""

from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.printable import printable
from logshipper.wiring.secrets import secret_of


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"s3cret\ns3cret\n", "is not one line"), (b"s3\x1bcret", "is not one line"), (b"", "is empty"),
     (b"\n", "is empty"), (b"s3cret\xff", "is not UTF-8"), ("s3cret\u2028x".encode(), "is not one line")],
)  # fmt: skip
def test_a_secret_that_is_not_one_line_is_refused_and_not_shown(tmp_path: Path, content: bytes, what: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(UserError, match=what) as found:
        secret_of("", str(file), "token_file")
    assert "s3" not in str(found.value)


def test_a_secret_in_the_settings_is_checked_like_one_in_a_file() -> None:
    with pytest.raises(UserError, match="the secret is not one line") as found:
        secret_of("s3cret\nX-More: s3cret", "", "token")
    assert "s3" not in str(found.value)
    assert secret_of("", "", "token") == ""


def test_a_secret_read_from_a_file_is_shown_in_no_message(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("read-from-a-file\n")
    file.chmod(0o640)
    assert secret_of("", str(file), "token_file") == "read-from-a-file"
    assert printable("Token read-from-a-file") == "Token ***"
    file.chmod(0o644)
    with pytest.raises(UserError, match="chmod o="):
        secret_of("", str(file), "token_file")
