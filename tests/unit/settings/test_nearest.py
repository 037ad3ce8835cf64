"""The fix for an unsupported key: the nearest name, or where the key belongs."""

import pytest

from logshipper.settings.nearest import fix, plugin_fix


@pytest.mark.parametrize(
    ("key", "supported", "section", "expected"),
    [
        ("databse", ["database", "urls"], "outputs.influxdb", "did you mean database?"),
        ("files", ["agent", "inputs"], "", "it belongs in [[inputs.logparser]]"),
        ("patterns", ["files"], "inputs.tail", "in inputs.tail write grok_patterns"),
        ("time_key", ["files"], "inputs.tail", "in inputs.tail write json_time_key"),
        ("grok_timezone", ["files"], "inputs.logparser", "write timezone in [inputs.logparser.grok]"),
        ("zzz", ["a", "b"], "agent", "remove it, or use one of a, b"),
    ],
)
def test_the_fix_for_a_key_is_the_nearest_name_or_its_section(
    key: str, supported: list[str], section: str, expected: str
) -> None:
    assert fix(key, supported, section) == expected


def test_the_fix_for_a_plugin_is_the_nearest_name_or_telegraf() -> None:
    assert plugin_fix("inputs.tial", ["inputs.tail"]) == "did you mean inputs.tail?"
    assert plugin_fix("inputs.mem", ["inputs.tail"]).startswith("leave it to Telegraf")
