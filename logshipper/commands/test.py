"""`logshipper test`: lines and the rows expected of them, a unit test for one's patterns."""

from pathlib import Path

import click

from logshipper.checks.pattern_tests import PatternTester, read_tests
from logshipper.commands import common
from logshipper.printable import printable
from logshipper.wiring.command_line import CommandLine
from logshipper.words import counted


@click.command("test")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@common.CONFIG
@common.INI
@common.TIMEZONE
def command(files: tuple[Path, ...], config: Path | None, ini: str | None, timezone: str | None) -> int:
    """Test the patterns: compare the lines in FILE with the rows that it expects of them. Exits 1 if one differs.

    \b
    config = "logshipper.toml"
    [[test]]
    name = "a slow request"
    line = '[pid: 13|app: 0|req: 2/2] 10.0.2.2 () {40 vars in 672 bytes} …'
    [test.row]
    method = "GET"
    resTime = 5005

    Example: logshipper test patterns.test.toml
    """  # noqa: D301 - click takes the character itself
    count = failed = 0
    for file in files:
        tests = read_tests(file)
        given = config or (Path(tests.config) if tests.config and not ini else None)
        asked = CommandLine(config=given, ini=ini or (None if given else tests.ini) or None, timezone=timezone)
        tester = PatternTester(asked.load(shipping=False).settings)
        for test in tests.tests:
            count += 1
            found = tester.failures(test)
            failed += bool(found)
            word = click.style("failed", fg="red") if found else click.style("passed", fg="green")
            click.echo(f"{word}  {printable(test.name)}", color=common.color())
            for text in found:
                click.echo(f"        {printable(text)}")
    click.echo(f"{counted(count, 'test')}, {failed} failed" if failed else f"all {count} passed")
    return 1 if failed else 0
