"""The folders that systemd makes for a service."""

from pathlib import Path

from logshipper.wiring.service_folders import credential, state_directory


def test_the_first_state_directory_counts() -> None:
    assert state_directory({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}) == Path("/var/lib/a")
    assert state_directory({}) is None


def test_a_credential_is_a_file_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "influxdb-token").touch()
    given = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert credential("influxdb-token", given) == str(tmp_path / "influxdb-token")
    assert credential("influxdb-password", given) == credential("influxdb-token", {}) == ""
