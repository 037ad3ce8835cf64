"""Secrets that the set-up makes: each in a file for its owner alone, or shown once."""

import stat
from pathlib import Path

import pytest

from logshipper.errors import RunError, UserError
from logshipper.printable import without_secrets
from logshipper.provision.secret_store import NoSecrets, SecretFolder, ShownSecrets, new_password


def test_a_secret_is_a_file_that_its_owner_alone_can_read(tmp_path: Path) -> None:
    store = SecretFolder(tmp_path / "secrets")
    assert store.read("token") == ""
    store.write("token", "s3cret")
    store.write("token", "an0ther")
    file = tmp_path / "secrets" / "token"
    assert (store.read("token"), [one.name for one in file.parent.iterdir()]) == ("an0ther", ["token"])
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert store.where("token") == f"is in {file}"


def test_no_message_shows_what_was_read_or_written(tmp_path: Path) -> None:
    SecretFolder(tmp_path).write("token", "wr1tten")
    (tmp_path / "other").write_text("r3ad\n")
    assert SecretFolder(tmp_path).read("other") == "r3ad"
    assert without_secrets("wr1tten r3ad") == "*** ***"


def test_a_folder_that_cannot_be_written_is_named_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=f"{tmp_path}/file/token: cannot write the secret: .*; make the folder writable"):
        SecretFolder(tmp_path / "file").write("token", "s3cret")


def test_a_file_that_cannot_be_read_is_named_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "token").mkdir()
    with pytest.raises(UserError, match=f"{tmp_path}/token: cannot read the secret: .*; run as the user"):
        SecretFolder(tmp_path).read("token")


def test_shown_secrets_are_in_no_file() -> None:
    store = ShownSecrets()
    store.write("token", "s3cret")
    assert (store.made, store.read("token"), store.where("token")) == (
        {"token": "s3cret"}, "s3cret", "is printed below",
    )  # fmt: skip


def test_a_dry_run_reads_and_writes_nothing(tmp_path: Path) -> None:
    store = NoSecrets(SecretFolder(tmp_path))
    (tmp_path / "token").write_text("s3cret")
    store.write("other", "an0ther")
    assert (store.read("token"), store.read("other")) == ("s3cret", "")


def test_no_two_passwords_are_alike() -> None:
    assert len({new_password() for _ in range(100)}) == 100
    assert min(len(new_password()) for _ in range(100)) >= 32
