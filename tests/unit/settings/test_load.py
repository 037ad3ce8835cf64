"""Settings: Telegraf's names, each error with its line and the fix."""

import textwrap
from pathlib import Path

import pytest

from logshipper.errors import UserError
from logshipper.settings.load import Loaded, load
from logshipper.settings.options import OUTPUTS

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


def test_missing_settings_get_their_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD).settings
    (given,) = settings.inputs
    assert given.grok.patterns == ["%{UWSGI_LOG}"]
    assert not given.from_beginning
    assert settings.influxdb[0].database == "telegraf"
    assert settings.agent.metric_batch_size == 5000


def test_a_consumer_is_an_input_with_telegrafs_names(tmp_path: Path) -> None:
    text = """
        [[inputs.kafka_consumer]]
          brokers = ["a:9092"]
          topics = ["requests"]
          consumer_group = "g"
          offset = "newest"
          max_undelivered_messages = 500
          data_format = "influx"
        [[outputs.file]]
    """
    loaded = read(tmp_path, text)
    (given,) = loaded.settings.kafka_consumer
    assert (given.brokers, given.topics) == (["a:9092"], ["requests"])
    assert (given.consumer_group, given.offset) == ("g", "newest")
    assert "max_undelivered_messages has no effect" in loaded.notes[0]
    assert loaded.settings.inputs == []


@pytest.mark.parametrize("name", OUTPUTS)
def test_each_output_of_the_settings_is_read(tmp_path: Path, name: str) -> None:
    text = f'[[inputs.logparser]]\nfiles = ["/var/log/a.log"]\n[[outputs.{name}]]\n'
    (output,) = getattr(read(tmp_path, text).settings, name)
    assert type(output) is OUTPUTS[name]


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


def test_a_dollar_in_a_pattern_is_not_a_variable(tmp_path: Path) -> None:
    text = GOOD.replace("[[outputs", "  [inputs.logparser.grok]\n    patterns = ['^%{WORD:a}$', '$end']\n[[outputs")
    assert read(tmp_path, text).settings.inputs[0].grok.patterns == ["^%{WORD:a}$", "$end"]


def test_keys_without_effect_are_noted_with_their_line(tmp_path: Path) -> None:
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
        (GOOD + "[[inputs.cpu]]\n", ["line 5", "inputs.cpu is not supported", "leave it to Telegraf", "inputs.tail"]),
        (GOOD + "[[processors.regex]]\n", ["line 5", "processors.regex is not supported", "modifiers in the pattern"]),
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
def test_an_error_says_what_and_where_and_gives_the_fix(tmp_path: Path, text: str, expected: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    for part in expected:
        assert part in str(caught.value)
    assert not any("\n" in str(error) for error in caught.value.each())


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the settings: No such file"):
        load(tmp_path / "none.toml")


def errors(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    return [str(error).removeprefix(f"{tmp_path}/") for error in caught.value.each()]


def test_all_errors_are_reported_together_each_with_its_line(tmp_path: Path) -> None:
    text = """\
        interval = "10s"
        [agent]
          flush_interval = "soon"
        [[inputs.tail]]
          files = ["a.log"]
          data_format = "csv"
          grok_patterns = [
            "%{WORD:a}",
            1,
          ]
          [inputs.tail.tags]
            dc = 1
        [[inputs.cpu]]
        [[outputs.file]]
        [[outputs.file]]
          data_format = "json"
        [global_tags]
          user = "$NOT_SET"
        [[processors.rename]]
        [[aggregators.basicstats]]
    """
    found = errors(tmp_path, text)
    assert [error.partition(":")[0] for error in found] == [
        f"s.toml, line {line}" for line in (1, 3, 6, 7, 11, 13, 16, 18, 19, 20)
    ]


@pytest.mark.parametrize(
    ("section", "key", "fix"),
    [
        ("agent", "metric_batchsize = 1", "did you mean metric_batch_size?"),
        ("agent", "databas = 'x'", "remove it, or use one of flush_interval"),
        ("agent", "patterns = []", "it belongs in [inputs.logparser.grok]"),
        ("inputs.logparser", "patterns = []", "it belongs in [inputs.logparser.grok]"),
        ("inputs.logparser", "grok_patterns = []", "write patterns in [inputs.logparser.grok]"),
        ("inputs.logparser", "database = 'x'", "it belongs in [[outputs.influxdb]]"),
        ("inputs.logparser", "state_dir = 'x'", "it belongs in [logshipper]"),
        ("outputs.influxdb", "files = ['x']", "it belongs in [[outputs.file]]"),
        ("outputs.influxdb", "pasword = 'x'", "did you mean password?"),
        ("outputs.influxdb", "token = 'x'", "use [[outputs.influxdb_v2]]"),
        ("outputs.influxdb_v2", "organisation = 'x'", "did you mean organization?"),
        ("outputs.influxdb_v2", "database = 'x'", 'bucket = "telegraf"'),
        ("logshipper", "max_tag_value = 1", "did you mean max_tag_values?"),
    ],
)
def test_the_fix_names_the_nearest_key_or_the_section_where_it_belongs(
    tmp_path: Path, section: str, key: str, fix: str
) -> None:
    header = f"[[{section}]]" if "." in section else f"[{section}]"
    found = errors(tmp_path, f"{header}\n{key}\n{GOOD}")
    assert any(fix in error and "line 2" in error for error in found), found


@pytest.mark.parametrize(
    ("table", "fix"),
    [
        ("[[inputs.logparse]]", "did you mean inputs.logparser?"),
        ("[[inputs.file]]", "use [[inputs.tail]] with from_beginning = true"),
        ("[[inputs.docker_log]]", "[[inputs.tail]]"),
        ("[[inputs.cpu]]", "leave it to Telegraf"),
        ("[[outputs.influxdbv2]]", "did you mean outputs.influxdb_v2?"),
        ("[[outputs.kafka_x]]", "did you mean outputs.kafka?"),
        ("[[outputs.opensearch]]", "[[outputs.file]]"),
        ("[[processors.filepath]]", "modifiers in the pattern"),
        ("[[processors.starlark]]", "modifiers in the pattern"),
        ("[[aggregators.minmax]]", "continuous query or task"),
        ("[[secretstores.docker]]", "password_file"),
        ("[tags]", "write [global_tags]"),
        ("[telegraf]", "use one of agent"),
    ],
)
def test_an_unsupported_table_is_refused_with_its_line_and_the_fix(tmp_path: Path, table: str, fix: str) -> None:
    (found,) = errors(tmp_path, GOOD + table)
    assert found.startswith("s.toml, line 5: ")
    assert fix in found


@pytest.mark.parametrize(
    "key",
    [
        "pipe = false", "max_undelivered_lines = 1", 'character_encoding = "utf-8"', 'alias = "x"', 'precision = "1s"',
        "filters = []", 'log_level = "debug"', 'startup_error_behavior = "retry"', 'collection_jitter = "1s"',
    ],
)  # fmt: skip
def test_a_harmless_setting_of_telegrafs_tail_is_noted_and_ignored(tmp_path: Path, key: str) -> None:
    text = f"""\
        [[inputs.tail]]
          files = ["/var/log/a.log"]
          {key}
          data_format = "grok"
        [[outputs.file]]
    """
    (note,) = read(tmp_path, text).notes
    assert f"line 3: {key.partition(' ')[0]} has no effect here" in note


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("pipe = true", "let the program write to a file"),
        ('character_encoding = "utf-16le"', "convert the log to UTF-8"),
        ('filters = ["ansi_color"]', "switch colours off"),
        ('metricpass = "x"', "namepass"),
        ("grok_multiline = true", "remove it"),
    ],
)
def test_a_setting_that_would_change_the_points_is_refused(tmp_path: Path, key: str, fix: str) -> None:
    text = f"[[inputs.tail]]\nfiles = ['a']\n{key}\ndata_format = 'grok'\n[[outputs.file]]\n"
    (found,) = errors(tmp_path, text)
    assert "line 3" in found
    assert fix in found


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ('database_tag = "t"', "tagpass"),
        ('retention_policy_tag = "t"', "tagpass"),
        ("exclude_database_tag = true", "tagpass"),
        ("influx_omit_timestamp = true", "remove it"),
        ('http_proxy = "http://p"', "urls"),
        ('tls_min_version = "TLS13"', "remove it"),
        ('fieldpass = ["a"]', "set it in the input"),
    ],
)
def test_a_setting_that_would_change_what_an_output_gets_is_refused(tmp_path: Path, key: str, fix: str) -> None:
    (found,) = errors(tmp_path, GOOD + key)
    assert "line 5" in found
    assert fix in found


def test_common_settings_of_an_output_are_read(tmp_path: Path) -> None:
    keys = """
        write_consistency = "any"
        user_agent = "me"
        skip_database_creation = true
        content_encoding = "gzip"
        namepass = ["uwsgi_*"]
        [outputs.influxdb.tagdrop]
          uri = ["/health*"]
        [outputs.influxdb.http_headers]
          X-Scope = "a"
    """
    (output,) = read(tmp_path, textwrap.dedent(GOOD) + textwrap.dedent(keys)).settings.influxdb
    assert (output.write_consistency, output.user_agent, output.skip_database_creation) == ("any", "me", True)
    assert (output.namepass, output.tagdrop) == (["uwsgi_*"], {"uri": ["/health*"]})
    assert output.http_headers == {"X-Scope": "a"}


def test_field_filters_can_have_their_newer_names(tmp_path: Path) -> None:
    text = GOOD.replace("\n[[out", "\n  fieldinclude = ['a*']\n  fieldexclude = ['ab']\n[[out")
    (given,) = read(tmp_path, text).settings.inputs
    assert (given.fieldpass, given.fielddrop) == (["a*"], ["ab"])


@pytest.mark.parametrize("format_line", ["", 'grok_patterns = ["%{WORD:a}"]'])
def test_a_missing_data_format_means_telegrafs_default_and_is_refused(tmp_path: Path, format_line: str) -> None:
    (found,) = errors(tmp_path, f"[[inputs.tail]]\nfiles = ['a']\n{format_line}\n[[outputs.file]]\n")
    assert found == (
        's.toml, line 1: data_format is not set, which means "influx" as in Telegraf; that is not supported;'
        ' add data_format = "grok" or "json"'
    )


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "# a comment first\n" + GOOD,
        "\n" + GOOD,
        "[agent]\r\n  debug = true\r\n" + GOOD.replace("\n", "\r\n"),
        "title_is_no_key = 1\n" + GOOD,
        GOOD + "[agnet]\n",
    ],
)
def test_a_byte_order_mark_is_ignored(tmp_path: Path, text: str) -> None:
    file = tmp_path / "s.toml"
    outcomes = []
    for mark in (b"", b"\xef\xbb\xbf"):
        file.write_bytes(mark + text.encode())
        try:
            outcomes.append(str(load(file, {}).settings))
        except UserError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]
