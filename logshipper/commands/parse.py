"""`logshipper parse`: line protocol on stdout, the account on stderr."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from logshipper.account import Account
from logshipper.errors import UserError
from logshipper.follow.files import open_file
from logshipper.follow.fingerprint import FINGERPRINT_BYTES
from logshipper.hashing import digest
from logshipper.model import Chunk, Points
from logshipper.parse.parser import Parser
from logshipper.settings.load import load
from logshipper.settings.options import Input, Settings
from logshipper.wiring.parsers import build_parser

# The points of a chunk stay below the size from which the C library maps new memory for each allocation.
_CHUNK_BYTES = 2**16
_MAX_LINE = 2**20


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|-]…")
@click.option("--config", type=click.Path(path_type=Path), help="A settings file: use the patterns of its first input.")
@click.option("--timezone", default=None, help="The time zone of the log: Local (default), UTC, Europe/Paris …")
def command(files: tuple[str, ...], config: Path | None, timezone: str | None) -> int:
    """Print the line protocol of log files, or of standard input."""
    settings = load(config).settings if config else Settings(inputs=[Input()])
    given = settings.inputs[0]
    if timezone:
        from dataclasses import replace

        given = replace(given, grok=replace(given.grok, timezone=timezone))
    parser = build_parser(settings, given)
    account = Account()
    for name in files or ("-",):
        _print_points(parser, name, account)
    click.echo(account.text(), err=True)
    return 1 if account.rejected else 0


def _print_points(parser: Parser, name: str, account: Account) -> None:
    path = "" if name == "-" else os.path.abspath(name)
    memory = parser.memory(path)
    for chunk in chunks(name, path):
        batch = parser.parse(chunk, memory)
        sys.stdout.buffer.write(batch.written().body)
        account.read += batch.lines
        account.settle(len(batch.points), batch.noise, (line.reason for line in batch.rejected))
    sys.stdout.buffer.write(Points.of(memory.events.finish()).body)
    sys.stdout.buffer.flush()


def chunks(name: str, path: str) -> Iterator[Chunk]:
    """Yield the chunks of a file or of standard input, with the identity that `run` would find."""
    offset, fingerprint, rest = 0, 0, b""
    for block in _blocks(name):
        data = rest + block
        end = data.rfind(b"\n") + 1
        if not end:
            if len(data) > _MAX_LINE:
                raise UserError(f"a line at byte {offset} is longer than a MiB", where=name, fix="use logshipper run")
            rest = data
            continue
        fingerprint = fingerprint or digest(data.partition(b"\n")[0][:FINGERPRINT_BYTES])
        yield Chunk(path, fingerprint, offset, data[:end], offset + end)
        offset, rest = offset + end, data[end:]
    if rest:
        fingerprint = fingerprint or digest(rest[:FINGERPRINT_BYTES])
        yield Chunk(path, fingerprint, offset, rest + b"\n", offset + len(rest), last=True)


def _blocks(name: str) -> Iterator[bytes]:
    if name == "-":
        stdin: IO[bytes] = sys.stdin.buffer
        while block := stdin.read1(_CHUNK_BYTES):  # type: ignore[attr-defined]
            yield block
        return
    try:
        content = open_file(name)
        offset = 0
        while block := content.read_at(offset, _CHUNK_BYTES):
            yield block
            offset += len(block)
        content.close()
    except OSError as error:
        raise UserError(
            f"cannot read the file: {error.strerror}", where=name, fix="check its name and permissions"
        ) from None
