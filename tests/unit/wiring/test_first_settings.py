"""The first settings file, and the unit beside it."""

import tomllib

import pytest

from logshipper.settings.load import read_text
from logshipper.uwsgi.logformat import request_log
from logshipper.wiring.first_settings import FoundLog, only, plain_log, unit_file, whole_file

OWN = [("logto", "/var/log/a.log"), ("log-format", "[%(ctime)] %(method) %(uri) %(status)")]
JSON = [("logto", "/var/log/a.log"), ("log-encoder", "json {\"msg\": \"${msg}\"}"), ("log-encoder", "nl")]  # fmt: skip


@pytest.mark.parametrize("options", [[("logto", "/var/log/a.log")], OWN, JSON], ids=["plain", "own", "json"])
@pytest.mark.parametrize("to", ["sqlite:///a.db", "http://db:8086/logs", "-"])
def test_the_file_is_valid_and_names_what_was_found(options: list[tuple[str, str]], to: str) -> None:
    text = whole_file("c.toml", [FoundLog(request_log(options), "uwsgi.ini")], to)
    loaded = read_text("c.toml", text, {})
    assert (loaded.errors, loaded.notes) == ((), ())
    assert loaded.settings.inputs[0].files == ["/var/log/a.log"]
    assert "as uwsgi.ini says" in text


def test_several_applications_are_several_inputs() -> None:
    text = whole_file("c.toml", [plain_log("/a.log"), only(plain_log("/b.log"), "/c.log")], "-")
    assert [one["files"] for one in tomllib.loads(text)["inputs"]["tail"]] == [["/a.log"], ["/c.log"]]


def test_a_secret_is_named_and_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUX_USER", "u")
    monkeypatch.setenv("INFLUX_PASSWORD", "very-secret")
    text = whole_file("c.toml", [plain_log("/a.log")], "http://db/logs")
    assert "very-secret" not in text
    assert read_text("c.toml", text, {"INFLUX_PASSWORD": "p"}).settings.influxdb[0].password == "p"
    monkeypatch.setenv("INFLUX_TOKEN", "also-secret")
    text = whole_file("c.toml", [plain_log("/a.log")], "http://db/logs")
    assert "also-secret" not in text
    assert read_text("c.toml", text, {"INFLUX_TOKEN": "t"}).settings.influxdb_v2[0].bucket == "logs"


def test_the_unit_may_see_what_the_settings_name() -> None:
    text = unit_file("/opt/bin/logshipper", "/etc/c.toml", "adm", ["/var/log/a.log"])
    assert "ExecStart=/opt/bin/logshipper run --config /etc/c.toml\n" in text
    assert "\nSupplementaryGroups=adm\n" in text
    assert "\nProtectHome=yes\n" in text
    assert "ReadWritePaths" not in text
    text = unit_file("/opt/bin/logshipper", "/home/me/c.toml", "", ["/tmp/a.log"], "/home/me/requests.db")
    for line in ("SupplementaryGroups=", "ProtectHome=read-only", "PrivateTmp=no", "ReadWritePaths=/home/me"):
        assert f"\n{line}\n" in text
