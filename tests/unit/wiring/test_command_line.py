"""What a command line stands for: settings from a file, from uWSGI's configuration, or from log files alone."""

from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.wiring.command_line import CommandLine, log_behind, settings_for

CONFIG = """
[logshipper]
  routes_file = ""
[[outputs.influxdb]]
[[inputs.tail]]
  files = ["app.log"]
  data_format = "json"
"""


def test_logs_are_read_from_the_start_and_have_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (given,) = settings_for(("app.log",), "-").inputs
    assert (given.files, given.from_beginning) == ([str(tmp_path / "app.log")], True)


def test_a_sqlite_file_has_its_state_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = settings_for(("app.log",), "sqlite:///requests.db")
    assert [output.path for output in settings.sqlite] == [str(tmp_path / "requests.db")]
    assert settings.logshipper.state_dir == str(tmp_path / "requests.db.state")


@pytest.mark.parametrize(
    ("address", "url", "database"),
    [("http://db:8086/logs", "http://db:8086", "logs"), ("https://db", "https://db", "telegraf")],
)
def test_an_http_address_is_an_influxdb_output(address: str, url: str, database: str) -> None:
    (output,) = settings_for(("app.log",), address).influxdb
    assert (output.urls, output.database) == ([url], database)


def test_the_password_of_an_address_is_in_the_environment_or_in_netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (output,) = settings_for(("app.log",), "http://db/logs").influxdb
    assert (output.username, output.password) == ("", "")
    (tmp_path / ".netrc").write_text("machine db login u password from-netrc\n")
    (tmp_path / ".netrc").chmod(0o600)
    (output,) = settings_for(("app.log",), "http://db/logs").influxdb
    assert (output.username, output.password) == ("u", "from-netrc")
    monkeypatch.setenv("INFLUX_USER", "v")
    monkeypatch.setenv("INFLUX_PASSWORD", "from-environment")
    (output,) = settings_for(("app.log",), "http://db/logs").influxdb
    assert (output.username, output.password) == ("v", "from-environment")
    (tmp_path / ".netrc").write_text("machine db login u my-password\n")
    monkeypatch.delenv("INFLUX_USER")
    with pytest.raises(UserError, match=r"cannot use ~/\.netrc: bad follower token in line \d+") as caught:
        settings_for(("app.log",), "http://db/logs")
    assert "my-password" not in str(caught.value)


def test_a_token_in_the_environment_makes_it_influxdb_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUX_TOKEN", "a-token")
    monkeypatch.setenv("INFLUX_ORG", "ours")
    settings = settings_for(("app.log",), "http://db/logs")
    (output,) = settings.influxdb_v2
    assert (output.bucket, output.token, output.organization) == ("logs", "a-token", "ours")
    assert not settings.influxdb


def test_a_tilde_that_the_shell_left_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert settings_for(("~/app.log",), "-").inputs[0].files == ["/home/ann/app.log"]


def test_a_dash_is_standard_output() -> None:
    assert [output.files for output in settings_for(("app.log",), "-").file] == [["stdout"]]


@pytest.mark.parametrize("address", ["ftp://db", "sqlite://requests.db", "sqlite:///", "", "requests.db"])
def test_any_other_address_is_a_user_error(address: str) -> None:
    with pytest.raises(UserError, match="sqlite:///FILE"):
        settings_for(("app.log",), address)


@pytest.mark.parametrize(
    "path", ["write?db=telegraf", "write", "api/v2/write?bucket=b", "api/v3/write_lp", "db?rp=week"]
)
def test_the_address_of_an_interface_is_no_database(path: str) -> None:
    with pytest.raises(UserError, match="give http://db:8086/DATABASE"):
        settings_for(("app.log",), f"http://db:8086/{path}")


class TestCommandLine:
    def test_an_empty_address_is_not_the_default_one(self) -> None:
        """A variable of the shell may not be set."""
        with pytest.raises(UserError, match="--to is empty"):
            CommandLine(logs=("app.log",), to="").load()

    def test_an_address_replaces_the_outputs_in_the_settings_file(self, tmp_path: Path) -> None:
        file = tmp_path / "c.toml"
        file.write_text(CONFIG)
        settings = CommandLine(config=file, to=f"sqlite:///{tmp_path}/a.db").load().settings
        assert [output.path for output in settings.sqlite] == [f"{tmp_path}/a.db"]
        assert (settings.influxdb, settings.logshipper.state_dir) == ([], f"{tmp_path}/a.db.state")

    def test_a_time_zone_applies_to_every_kind_of_line(self, tmp_path: Path) -> None:
        file = tmp_path / "c.toml"
        file.write_text(CONFIG)
        (given,) = CommandLine(config=file, timezone="Asia/Tokyo").load().settings.inputs
        assert given.json
        assert (given.grok.timezone, given.json.timezone) == ("Asia/Tokyo", "Asia/Tokyo")

    def test_a_uwsgi_configuration_gives_the_format_and_the_log(self, tmp_path: Path) -> None:
        ini = tmp_path / "uwsgi.ini"
        ini.write_text("[uwsgi]\nlogto = a.log\nlog-format = %(method) %(uri)\n")
        (given,) = CommandLine(ini=str(ini)).load().settings.inputs
        assert given.files == [f"{tmp_path}/a.log"]
        assert "method" in given.grok.patterns[0]
        assert CommandLine(["b.log"], ini=str(ini)).load().settings.inputs[0].files[0].endswith("/b.log")

    def test_a_settings_file_and_a_uwsgi_configuration_exclude_each_other(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="give one of them"):
            CommandLine(config=tmp_path / "c.toml", ini="uwsgi.ini").load()


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("[uwsgi]\nlogto = /a.log\n", "--ini"),
        ("# mine\nuwsgi:\n  logto: /a.log\n", "--ini"),
        (CONFIG, "--config"),
    ],
)
def test_a_configuration_given_as_a_log_is_refused_with_the_right_option(tmp_path: Path, text: str, fix: str) -> None:
    file = tmp_path / "file"
    file.write_text(text)
    with pytest.raises(UserError, match=f"give it as {fix}"):
        CommandLine([str(file)]).load()
    other = CommandLine(config=file) if fix == "--ini" else CommandLine(ini=str(file))
    with pytest.raises(UserError, match=f"give it as {fix}"):
        other.load()


def test_a_log_may_hold_a_configuration_that_somebody_printed(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_text("starting with:\n[uwsgi]\nlogto = /a.log\n[[inputs.tail]]\n")
    assert CommandLine([str(file)]).load().settings.inputs[0].files == [str(file)]


@pytest.mark.parametrize(
    ("name", "log"),
    [("app.log.2.gz", "app.log"), ("app.log.1", "app.log"), ("app.log", "app.log"), ("gone.log.1", "gone.log.1")],
)
def test_an_old_file_belongs_to_the_log_beside_it(tmp_path: Path, name: str, log: str) -> None:
    for present in ("app.log", "app.log.1", "app.log.2.gz", "gone.log.1"):
        (tmp_path / present).touch()
    assert log_behind(f"{tmp_path}/{name}") == f"{tmp_path}/{log}"


@pytest.mark.parametrize(
    "to",
    ["http://ann:s3cret@db/x", "http://ann:s3/cret@db", "htp://ann:s3cret@db", "//ann:s3cret@db", "ann:s3cret@db:8086"],
)
def test_a_password_on_the_command_line_is_not_shown(to: str) -> None:
    with pytest.raises(UserError, match="contains a user or password") as found:
        settings_for(["a.log"], to)
    assert "s3" not in str(found.value)
    assert settings_for(["a.log"], "sqlite:///a@b.db").sqlite[0].path.endswith("a@b.db")


def test_settings_of_a_consumer_are_for_run_alone(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[[inputs.kafka_consumer]]\n[[outputs.file]]\n")
    assert CommandLine(config=file).load(consuming=True).settings.kafka_consumer
    with pytest.raises(UserError, match="a consumer has no logs"):
        CommandLine(config=file).load()
