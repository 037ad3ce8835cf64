"""Settings: Telegraf's names, each error with its line and the fix."""

import textwrap
from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.settings.load import Loaded, load

GOOD = """\
[[inputs.logparser]]
  files = ["/var/log/uwsgi/app.log"]
[[outputs.influxdb]]
  urls = ["http://127.0.0.1:8086"]
"""


def read(tmp_path: Path, text: str, **environment: str) -> Loaded:
    file = tmp_path / "s.toml"
    file.write_text(textwrap.dedent(text))
    return load(file, environment)


def test_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD).settings
    (given,) = settings.inputs
    assert given.grok.patterns == ["%{UWSGI_LOG}"]
    assert not given.from_beginning
    assert settings.influxdb[0].database == "telegraf"
    assert settings.agent.metric_batch_size == 5000


def test_durations_are_seconds(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD + '  timeout = "1m30s"\n[agent]\n  flush_interval = "250ms"\n').settings
    assert settings.influxdb[0].timeout == 90
    assert settings.agent.flush_interval == 0.25


def test_inputs_tail_has_its_own_grok_keys(tmp_path: Path) -> None:
    text = """\
        [[inputs.tail]]
          files = ["/var/log/a.log"]
          initial_read_offset = "saved-or-beginning"
          data_format = "grok"
          grok_patterns = ["%{COMBINED_LOG_FORMAT}"]
          grok_timezone = "UTC"
        [[outputs.file]]
    """
    (given,) = read(tmp_path, text).settings.inputs
    assert given.from_beginning
    assert given.grok.patterns == ["%{COMBINED_LOG_FORMAT}"]
    assert given.grok.timezone == "UTC"


def test_variables_come_from_the_environment(tmp_path: Path) -> None:
    text = GOOD + '  password = "${PASSWORD}"\n  username = "$USER_NAME"\n  database = "${DB:-spare}"\n'
    (output,) = read(tmp_path, text, PASSWORD='a"b\n[x]', USER_NAME="u").settings.influxdb
    assert (output.username, output.password, output.database) == ("u", 'a"b\n[x]', "spare")


def test_a_dollar_in_a_pattern_stays(tmp_path: Path) -> None:
    text = GOOD.replace("[[outputs", "  [inputs.logparser.grok]\n    patterns = ['^%{WORD:a}$', '$end']\n[[outputs")
    assert read(tmp_path, text).settings.inputs[0].grok.patterns == ["^%{WORD:a}$", "$end"]


def test_keys_without_effect_are_named_once(tmp_path: Path) -> None:
    loaded = read(tmp_path, '[agent]\n  interval = "10s"\n  metric_buffer_limit = 10000\n' + GOOD)
    interval, limit = loaded.notes
    assert "s.toml, line 2: interval has no effect here" in interval
    assert "s.toml, line 3: metric_buffer_limit has no effect here" in limit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = = 1", ["invalid TOML", "line 1"]),
        (GOOD + "  databse = 'x'\n", ["line 5", "databse is not supported", "did you mean database?"]),
        (GOOD + "[agnet]\n", ["line 5", "agnet is not supported", "did you mean agent?"]),
        (GOOD + "[[inputs.cpu]]\n", ["line 5", "inputs.cpu is not supported", "inputs.logparser"]),
        (GOOD + "[[processors.regex]]\n", ["processors is not supported"]),
        (GOOD.replace("files =", "file ="), ["line 2", "file is not supported", "did you mean files?"]),
        (GOOD.replace('"]\n[[', '"]\n  from_beginning = 1\n[['), ["line 3", "from_beginning", "true or false"]),
        (GOOD + "  timeout = 'soon'\n", ["line 5", "'soon' is not a duration", "5s"]),
        (GOOD + "  password = '$NOT_SET'\n", ["line 5", "NOT_SET is not set", "export NOT_SET"]),
        (GOOD + "[[outputs.influxdb_v2]]\n  bucket = 'b'\n  password = 'p'\n", ["line 7", "password", "token"]),
        (GOOD + "  token = 't'\n", ["line 5", "token", "influxdb_v2"]),
        ("[[outputs.file]]\n", ["no input", "[[inputs.logparser]]"]),
        (GOOD.split("[[outputs", 1)[0], ["no output"]),
        (GOOD.replace("logparser", "tail"), ["line 1", "data_format", "grok"]),
        ("[[inputs.logparser]]\n[[outputs.file]]\n", ["line 1", "no files"]),
    ],
)
def test_an_error_says_what_where_and_the_fix(tmp_path: Path, text: str, expected: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    for part in expected:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the settings: No such file"):
        load(tmp_path / "none.toml")
