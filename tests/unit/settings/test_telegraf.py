"""The tables of Telegraf's settings are consistent."""

from logshipper.settings.options import Agent, InfluxDB1, Input
from logshipper.settings.telegraf import HARMLESS, INERT, INSTEAD


def test_settings_with_harmless_values_are_listed_as_inert() -> None:
    assert all(key in INERT[kind] for kind, key in HARMLESS)


def test_an_inert_setting_is_not_an_option() -> None:
    for kind, options in (("agent", Agent), ("inputs", Input), ("outputs", InfluxDB1)):
        assert not set(INERT[kind]) & set(options.__dataclass_fields__)


def test_settings_with_harmful_values_have_an_alternative() -> None:
    silent = {"namepass_separator", "namedrop_separator", "influx_max_line_bytes", "influx_uint_support"}
    assert {key for kind, key in HARMLESS if (kind, key) not in INSTEAD} <= silent
