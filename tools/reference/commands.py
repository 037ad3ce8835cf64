"""The commands, from their parsers: usage, help, arguments and options, as `--help` prints them."""

import inspect
import re
from collections.abc import Iterator

import click

from logshipper.cli import COMMANDS, cli

_EXAMPLE = "Example: "


def markdown() -> str:
    """Return a section for each command."""
    return "\n\n".join(section for name in COMMANDS for section in _sections(name))


def _sections(name: str) -> Iterator[str]:
    context = click.Context(cli, info_name="logshipper", **cli.context_settings)
    command = cli.get_command(context, name)
    if command is None:
        raise LookupError(f"COMMANDS names {name}, and there is no such command")
    inner = click.Context(command, info_name=name, parent=context)
    usage = " ".join(command.collect_usage_pieces(inner))
    yield f"## {name}\n\n**Usage:** `logshipper {name} {usage}`"
    yield from map(_paragraph, re.split(r"\n[ \t]*\n", inspect.cleandoc(command.help or "")))
    for parameter in command.get_params(inner):
        names, text = parameter.get_help_record(inner) or ("", "")
        if text:
            yield f"`{names}`\n: {_escaped(text)}"


def _paragraph(text: str) -> str:
    text, keeps_lines = text.removeprefix("\b\n"), text.startswith("\b")  # click's mark for that
    if text.startswith(_EXAMPLE):
        return "**Example:**\n\n```console\n$ " + " ".join(text.removeprefix(_EXAMPLE).split()) + "\n```"
    return f"```text\n{text}\n```" if keeps_lines else _escaped(text)


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is, options as code."""
    text = re.sub(r"([\\`*_<>\[\]|])", r"\\\1", text)
    return re.sub(r"(?<![\w-])(--[a-z][a-z-]+)", r"`\1`", text)
