"""Every setting is in the reference, with its type, default and help."""

import dataclasses

import pytest

from logshipper.settings.options import OUTPUTS, Input, LogshipperSettings
from tools.reference import settings

PAGE = settings.markdown()


@pytest.mark.parametrize("kind", [Input, LogshipperSettings, *OUTPUTS.values()])
def test_every_setting_is_there_with_its_help(kind: type) -> None:
    for option in dataclasses.fields(kind):
        if "help" in option.metadata:
            assert f"`{option.name}`\n: " in PAGE
            assert option.metadata["help"][1:] in PAGE


def test_each_table_has_a_section() -> None:
    for name in OUTPUTS:
        assert f"## `[[outputs.{name}]]`" in PAGE


def test_a_duration_is_shown_as_it_is_written() -> None:
    assert '`flush_interval`\n: How long to collect lines before a write (*duration, default* `"25ms"`).' in PAGE


def test_choices_are_listed() -> None:
    assert '(*one of `"inotify"` `"poll"`, default* `"inotify"`)' in PAGE


def test_keys_of_json_have_the_names_that_they_have_in_the_file() -> None:
    assert "`json_time_key`" in PAGE
    assert "`tag_keys`" in PAGE


def test_settings_of_telegraf_without_effect_say_why() -> None:
    assert "| `metric_buffer_limit` | the log file is the buffer |" in settings.without_effect()
