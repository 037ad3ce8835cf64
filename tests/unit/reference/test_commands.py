"""Every command is in the reference, with its options and its example."""

import pytest

from logshipper.cli import COMMANDS, cli
from tools.reference import commands

PAGE = commands.markdown()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_with_its_options(name: str) -> None:
    section = PAGE.split(f"## {name}\n")[1].split("\n## ")[0]
    command = cli.get_command(cli.make_context("logshipper", [name, "x"], resilient_parsing=True), name)
    assert command is not None
    for parameter in command.params:
        for option in parameter.opts if parameter.param_type_name == "option" else ():
            assert option in section


def test_an_example_is_a_block_of_its_own() -> None:
    assert "**Example:**\n\n```console\n$ logshipper run /var/log/uwsgi/app.log --to " in PAGE


def test_each_of_two_examples_is_a_block() -> None:
    assert "$ logshipper init --from /etc/telegraf/telegraf.conf\n```" in PAGE


def test_a_paragraph_that_keeps_its_lines_is_a_block() -> None:
    assert '```text\nconfig = "logshipper.toml"\n[[test]]\n' in PAGE


def test_what_markdown_would_take_for_markup_is_escaped() -> None:
    assert r"INFLUX\_USER" in PAGE
