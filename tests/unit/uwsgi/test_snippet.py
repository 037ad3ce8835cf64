"""A configuration's request log as settings: what is printed is TOML that the shipper loads."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.settings.load import load
from logshipper.uwsgi.logformat import RequestLog
from logshipper.uwsgi.snippet import format_settings, input_settings, toml_string
from logshipper.uwsgi.variables import variable


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_from_toml(text: str) -> None:
    assert tomllib.loads(f"key = {toml_string(text)}") == {"key": text}


def test_a_backslash_stays_one_where_that_is_possible() -> None:
    assert toml_string(r"\d+") == r"'\d+'"


def test_a_grok_log_is_an_input_that_loads(tmp_path: Path) -> None:
    log = RequestLog("grok", (r"^%{OWN:uri:tag} '\d+'$",), r"OWN /\S*", files=("/var/log/a.log",))
    (tmp_path / "settings.toml").write_text(input_settings(log) + "\n[[outputs.file]]\n")
    (given_input,) = load(tmp_path / "settings.toml").settings.inputs
    assert given_input.files == ["/var/log/a.log"]
    assert given_input.grok.patterns == list(log.patterns)
    assert given_input.grok.custom_patterns == log.custom_patterns


def test_without_a_file_an_example_stands_there() -> None:
    assert "/var/log/uwsgi/app.log" in input_settings(RequestLog("grok", ("x",)))


def test_the_keys_of_json_have_their_kinds_and_the_best_time() -> None:
    names = ("method", "uri", "status", "uagent", "time", "tmsecs")
    found = tomllib.loads(
        "\n".join(format_settings(RequestLog("json", (), json_keys=tuple((name, variable(name)) for name in names))))
    )
    assert found["data_format"] == "json"
    assert found["tag_keys"] == ["method", "uri"]
    assert found["json_string_fields"] == ["uagent"]
    assert set(found["json_integer_fields"]) == {"status", "time"}
    assert (found["json_time_key"], found["json_time_format"]) == ("tmsecs", "unix_ms")


@pytest.mark.parametrize(("name", "form"), [("epoch", "unix"), ("tmicros", "unix_us"), ("ctime", "ANSIC")])
def test_the_form_of_a_time(name: str, form: str) -> None:
    assert f"json_time_format = '{form}'" in format_settings(
        RequestLog("json", (), json_keys=((name, variable(name)),))
    )
