"""`logshipper parse`: line protocol on stdout, the account on stderr."""

import contextlib
import os
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import cast

import click

from logshipper.account import Account, OnProgress
from logshipper.commands import common
from logshipper.commands.progress import progress
from logshipper.errors import RunError, UserError
from logshipper.follow.files import Stream, is_compressed, open_file
from logshipper.follow.not_text import check_text
from logshipper.follow.reader import FileChanged, Reader
from logshipper.model import Chunk
from logshipper.parse.parser import Parser
from logshipper.points import as_text
from logshipper.stdout import write_out
from logshipper.wiring.command_line import CommandLine, check_log
from logshipper.wiring.parsers import build_parser

# Small enough that what a chunk becomes does not make the C library map new memory for each allocation.
_CHUNK_BYTES = 3 * 2**15


@click.command()
@click.argument("files", nargs=-1, type=common.FILE, metavar="[FILE|-]…")
@common.PATTERNS
@common.INI
@common.TIMEZONE
def command(files: tuple[str, ...], config: Path | None, ini: str | None, timezone: str | None) -> int:
    """Print the line protocol of log files, or of standard input.

    Example: zcat app.log.2.gz | logshipper parse | head
    """
    loaded = CommandLine(config=config, ini=ini, timezone=timezone).load(shipping=False)
    for note in loaded.notes:
        click.echo(f"logshipper: note: {note}", err=True)
    parser = build_parser(loaded.settings, loaded.settings.inputs[0])
    account = Account()
    # Between points on the same terminal the line would only be in the way.
    with contextlib.nullcontext() if sys.stdout.isatty() else progress() as show:
        for name in files or ("-",):
            check_log(name)
            _print_points(parser, name, account, show)
    click.echo(account.text(), err=True)
    return 1 if account.rejected else 0


def _print_points(parser: Parser, name: str, account: Account, show: OnProgress | None) -> None:
    path = "" if name == "-" else os.path.abspath(name)
    memory = parser.memory(path)
    whole = _length(name)
    for chunk in chunks(name, path):
        batch = parser.parse(chunk, memory)
        write_out(as_text(batch.written()).body)
        account.take(batch.lines)
        account.settle(batch.sent().outcome())
        if show:
            show(chunk.end, whole, account)
    write_out(as_text(parser.finish(memory)).body)


def _length(name: str) -> int:
    """Return the size of a file, 0 if what comes out of it is longer, or if nobody knows."""
    with contextlib.suppress(OSError):
        return 0 if name == "-" or is_compressed(name) else os.path.getsize(name)
    return 0


def chunks(name: str, path: str) -> Iterator[Chunk]:
    """Yield the chunks of a file or of standard input, as `run` would read them."""
    try:
        content = Stream(cast(BufferedReader, sys.stdin.buffer)) if name == "-" else open_file(name)
        check_text(content.read_at, name)
        yield from Reader(path, content).rest(_CHUNK_BYTES)
        content.close()
    except FileChanged as error:
        raise RunError("the file was truncated while it was read", where=name, fix="parse it again") from error
    except OSError as error:
        fix = "check its name and permissions"
        raise UserError(f"cannot read the file: {error.strerror}", where=name, fix=fix) from error
