"""The secrets of the Docker set-up: made once, each for one reader; only Grafana's password is printed."""

import json
import stat
from pathlib import Path

import pytest

from influxdb.make_secrets import SECRETS, main, read_env


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_first_start_creates_the_secrets_and_the_second_keeps_them(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    first = contents(tmp_path)
    assert set(first) == {secret.name for secret in SECRETS} | {"influxdb3-admin.json"}
    assert all(len(value) >= 32 for value in first.values())
    assert len(set(first.values())) == len(first)
    assert main([str(tmp_path)]) == 0
    assert contents(tmp_path) == first


def test_two_folders_get_different_secrets(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        main([str(tmp_path / name)])
    assert not set(contents(tmp_path / "one").values()) & set(contents(tmp_path / "two").values())


def test_only_the_owner_can_read_the_secrets(tmp_path: Path) -> None:
    main([str(tmp_path)])
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o400}


def test_the_last_line_says_how_to_sign_in_and_no_other_secret_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFANA_USER", "ops")
    monkeypatch.setenv("GRAFANA_PORT", "127.0.0.1:3001")
    main([str(tmp_path)])
    output = capsys.readouterr().out
    made = contents(tmp_path)
    assert output.splitlines()[-1] == f"Grafana: http://localhost:3001  user: ops  password: {made['grafana-password']}"
    for name, value in made.items():
        assert output.count(value) == (name == "grafana-password")


def test_secrets_can_be_set_in_the_env_file(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text(
        "# mine\nexport GRAFANA_PASSWORD='a long one'\nINFLUXDB_ADMIN_TOKEN=\"t0ken-of-mine\"\nHTTP_PORT=8080\n"
    )
    folder = tmp_path / "secrets"
    folder.mkdir()
    assert main([str(folder), str(env)]) == 0
    assert contents(folder)["grafana-password"] == "a long one"
    assert contents(folder)["influxdb-admin-token"] == "t0ken-of-mine"


def test_a_password_chosen_after_the_first_start_has_no_effect_and_a_warning_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = tmp_path / ".env"
    folder = tmp_path / "secrets"
    folder.mkdir()
    main([str(folder)])
    kept = contents(folder)
    env.write_text("GRAFANA_PASSWORD=something-else\n")
    assert main([str(folder), str(env)]) == 0
    assert contents(folder) == kept
    output = capsys.readouterr().out
    assert "GRAFANA_PASSWORD in .env is another" in output
    assert "something-else" not in output


def test_a_password_that_is_too_short_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = tmp_path / ".env"
    env.write_text("GRAFANA_PASSWORD=admin\n")
    assert main([str(tmp_path), str(env)]) == 2
    assert capsys.readouterr().err == "secrets: GRAFANA_PASSWORD in .env: use 8 characters or more\n"


def test_a_missing_env_file_sets_nothing(tmp_path: Path) -> None:
    assert read_env(tmp_path / "none") == {}


def test_influxdb_3_gets_a_token_in_its_own_form(tmp_path: Path) -> None:
    main([str(tmp_path)])
    token = json.loads((tmp_path / "influxdb3-admin.json").read_text())
    assert token["name"] == "_admin"
    assert token["token"].startswith("apiv3_")


def test_a_call_without_a_folder_prints_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage: ")
