"""Every setting is declared once, with its type, its default and its help."""

import dataclasses
from typing import Any

import pytest

from logshipper.errors import Location
from logshipper.settings import options
from logshipper.settings.options import Agent, Input, Located, Settings, option

SECTIONS = [
    kind
    for kind in vars(options).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind not in (Located, Location, Settings)
]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda kind: kind.__name__)
def test_each_setting_has_a_help_text(section: Any) -> None:
    for field in dataclasses.fields(section):
        if field.name not in ("locations", "grok", "json", "plugin"):
            assert field.metadata.get("help"), field.name
            assert not field.metadata["help"].endswith("."), field.name


@pytest.mark.parametrize("section", SECTIONS, ids=lambda kind: kind.__name__)
def test_each_setting_has_a_default(section: Any) -> None:
    section()


def test_secrets_are_marked() -> None:
    secret = {field.name for kind in SECTIONS for field in dataclasses.fields(kind) if field.metadata.get("secret")}
    assert secret == {"password", "sasl_password", "tls_key_pwd", "token", "http_headers"}


def test_each_section_gets_a_list_of_its_own() -> None:
    @dataclasses.dataclass
    class Section:
        names: list[str] = option(["a"], "names")

    assert Section().names == ["a"]
    assert Section().names is not Section().names


def test_a_setting_knows_its_line_or_else_its_name() -> None:
    assert str(Input().at("files")) == "files"
    first, second = Location("a.toml", 1), Location("a.toml", 2)
    located = Input(locations={"files": second, "": first})
    assert (located.at("files"), located.at("files[7]"), located.at("tags")) == (second, second, first)
    assert located == Input()  # where it stands makes it no other setting


def test_lines_are_shipped_soon_by_default() -> None:
    assert Agent().flush_interval <= 0.1
