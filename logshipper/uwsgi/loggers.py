"""Where uWSGI writes its request log: the files that its options name, and how it rotates them."""

import re

from logshipper.uwsgi.options import Options, unset_in, values

# `file:NAME` or `file:logfile=NAME,maxsize=N`, perhaps after a name that log-route uses.
_LOGGER = re.compile(r"(?:(?P<id>[\w.-]+)\s+)?(?P<kind>\w+):(?P<argument>.*)", re.DOTALL)
_FILES = ("file", "logfile")
_TERMINALS = ("/dev/stdout", "/dev/stderr", "/dev/tty", "/proc/self/fd/1", "/proc/self/fd/2", "/proc/1/fd/1", "-")
_ADDRESS = re.compile(r"[\w.-]*:\d+")


def log_files(options: Options) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files of the request log, and notes on them."""
    requested = values(options, "req-logger", "logger-req")
    loggers = requested or values(options, "logger")
    files: list[str] = []
    notes: list[str] = []
    for logger in loggers:
        found = _LOGGER.fullmatch(logger.strip())
        if not found or found["kind"] not in _FILES:
            notes.append(f"{logger!r} writes no file: follow the file that its receiver writes")
            continue
        file, parameters = _file(found["argument"])
        if file:
            files.append(file)
            notes += _rotation(file, parameters)
        else:
            notes.append(f"{logger!r} names no file; write it as {found['kind']}:logfile=FILE,maxsize=BYTES")
    if not files and not loggers:
        files = [name for name in _plain_files(options) if name]
        if files and (size := values(options, "log-maxsize", "logsize")):
            notes += _rotation(files[0], {"maxsize": size[-1]})
    notes += [note for file in files if (note := _no_path(file))]
    return tuple(file for file in dict.fromkeys(files) if not _no_path(file)), tuple(dict.fromkeys(notes))


def _no_path(file: str) -> str:
    """Return what is wrong with the name of a log, "" for nothing."""
    if file in _TERMINALS:
        return f"uWSGI logs to {file}, which cannot be followed: set logto, or follow the file that receives it"
    if "%(" in file or "@(" in file:
        return f"{file!r} has a placeholder that the configuration does not define above it: name the file yourself"
    if name := unset_in(file):
        return f"{file!r}: {name} is not set here; set it as it is for uWSGI, or name the file yourself"
    return ""


def _plain_files(options: Options) -> list[str]:
    named = values(options, "logto", "logto2", "daemonize", "daemonize2")[-1:]
    return [name.removeprefix("file:") for name in named if not _ADDRESS.fullmatch(name) and name != "/dev/null"]


def _file(argument: str) -> tuple[str, dict[str, str]]:
    """Return the name of the file, and the parameters that stand beside it."""
    if "=" not in argument:
        return argument, {}
    parts = [part.partition("=") for part in argument.split(",")]
    parameters = {key.strip(): value for key, _, value in parts}
    return parameters.pop("logfile", ""), parameters


def _rotation(file: str, parameters: dict[str, str]) -> list[str]:
    if "maxsize" not in parameters:
        return []
    copy = parameters.get("backupname")
    if copy:
        return [f"uWSGI renames {file} to {copy} at {parameters['maxsize']} bytes, and overwrites the copy before it"]
    return [f"uWSGI renames {file} to {file}.TIMESTAMP at {parameters['maxsize']} bytes: logshipper reads the copy too"]
