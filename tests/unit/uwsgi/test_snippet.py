"""A configuration's request log as settings: the printed TOML can be loaded."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.settings.load import load
from logshipper.uwsgi.logformat import RequestLog
from logshipper.uwsgi.snippet import format_settings, toml_string, whole_settings


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_a_round_trip_through_toml(text: str) -> None:
    assert tomllib.loads(f"key = {toml_string(text)}") == {"key": text}


def test_backslashes_are_not_doubled_if_possible() -> None:
    assert toml_string(r"\d+") == r"'\d+'"


def test_the_printed_settings_load_unchanged(tmp_path: Path) -> None:
    log = RequestLog((r"^%{OWN:uri:tag} '\d+'$",), r"OWN /\S*", files=("/var/log/a.log",))
    (tmp_path / "settings.toml").write_text(whole_settings(log))
    settings = load(tmp_path / "settings.toml").settings
    (found,) = settings.inputs
    assert found.files == ["/var/log/a.log"]
    assert found.grok.patterns == list(log.patterns)
    assert found.grok.custom_patterns == log.custom_patterns
    assert [output.path for output in settings.sqlite] == ["requests.db"]


def test_without_a_file_the_settings_show_an_example() -> None:
    assert "/var/log/uwsgi/app.log" in whole_settings(RequestLog(("x",)))


@pytest.mark.parametrize("time_format", ["unix", "unix_us", "2006-01-02 15:04:05"])
def test_a_line_in_a_json_object_is_configured_by_its_keys(time_format: str) -> None:
    log = RequestLog(("x",), message_key="msg", time_key="at", time_format=time_format)
    found = tomllib.loads("\n".join(format_settings(log)))
    assert found == {
        "data_format": "json", "grok_patterns": ["x"], "json_message_key": "msg", "json_time_key": "at",
        "json_time_format": time_format,
    }  # fmt: skip
