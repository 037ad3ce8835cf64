"""The command line: the list of commands, and the place where errors become a message and an exit code."""

import difflib
import errno
import importlib
import inspect
import sys

import click

from logshipper import __version__
from logshipper.errors import UserError
from logshipper.printable import printable
from logshipper.stdout import refused

# Errors of what takes no more; one without a file name comes from standard output, others name their file.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
# Command -> its line in `logshipper --help`. The module logshipper.commands.NAME has a click command called `command`.
# The help is here so that --help imports no command.
COMMANDS: dict[str, str] = {
    "init": "Write a settings file for what is found on this machine.",
    "setup": "Prepare an InfluxDB of your own, and Grafana's pages.",
    "run": "Follow log files and ship their lines.",
    "parse": "Print a log as line protocol, and the account on stderr.",
    "backfill": "Ship old files, compressed ones too, on all cores.",
    "retry": "Ship rejected lines when the pattern is right.",
    "top": "Watch a log live in the terminal.",
    "rollup": "Keep the sums by minute, hour and day for Grafana's long ranges.",
    "report": "Report slow and failing routes, and what changed.",
    "view": "View a SQLite file in the browser.",
    "check": "Is everything in place? One line for each thing, with the fix.",
    "explain": "Show why lines do not match.",
    "test": "Test patterns: lines, and the rows expected of them.",
    "pattern": "Print the grok pattern for a uWSGI configuration.",
    "size": "Compute what a load takes, by way of Kafka.",
    "routes": "Export an application's routes for the tag `route`.",
}


class LazyGroup(click.Group):
    """A group that imports the module of a command when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or return None for an unknown name."""
        if cmd_name not in COMMANDS:
            if near := difflib.get_close_matches(cmd_name, COMMANDS, 1):
                raise UserError(f"there is no command {cmd_name!r}", fix=f"did you mean {near[0]}?")
            return None
        module = importlib.import_module(f"logshipper.commands.{cmd_name}")
        command: click.Command = module.command
        # The example stays on one line, so that it can be copied.
        command.help = inspect.cleandoc(command.help or "").replace("\n\nExample:", "\n\n\b\nExample:")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="logshipper")
def cli() -> None:
    """Ship uWSGI's request log to InfluxDB or SQLite, every line exactly once."""


def main() -> None:
    """Run the command line; print each UserError as one line on stderr and exit with its code."""
    try:
        code = cli.main(prog_name="logshipper", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        sys.exit(_show(_in_one_line(error)))
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except UserError as error:
        sys.exit(_show(error))
    except BrokenPipeError:
        # The reader of standard output has gone (`logshipper parse … | head`): end silently, as usual.
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        # Any file or folder may be out of this user's reach.
        if not isinstance(error.filename, str):
            if error.errno not in _NO_ROOM:
                raise
            sys.exit(_show(refused(error)))
        from logshipper.follow.obstacles import fix_for  # brings the decompressors

        sys.exit(_show(UserError(str(error.strerror), where=error.filename, fix=fix_for(error.filename, error))))
    sys.exit(code if isinstance(code, int) else 0)


def _in_one_line(error: click.ClickException) -> UserError:
    """Return what click says, which would be four lines with its usage."""
    message = error.format_message().strip().removesuffix(".").removesuffix("?").replace(". Did you", "; did you")
    context = error.ctx if isinstance(error, click.UsageError) else None
    fix = f"see {context.command_path if context else 'logshipper'} --help"
    if isinstance(error, click.NoSuchOption):
        near = difflib.get_close_matches(error.option_name, error.possibilities or (), 1)
        message, fix = f"there is no option {error.option_name}", f"did you mean {near[0]}?" if near else fix
    return UserError(f"{message[:1].lower()}{message[1:]}", fix=fix)


def _show(error: UserError) -> int:
    """Print each single error on one line, and return the exit code."""
    for single in error.each():
        click.echo(f"logshipper: {printable(str(single))}", err=True)
    return error.exit_code
