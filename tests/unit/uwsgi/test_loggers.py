"""Where the request log goes: files with and without parameters, and loggers that write none."""

import pytest

from logshipper.uwsgi.loggers import log_files
from logshipper.uwsgi.options import Options


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ([("logto", "/log/a.log")], ("/log/a.log",)),
        ([("daemonize", "/log/a.log")], ("/log/a.log",)),
        ([("daemonize", "192.0.2.1:5140")], ()),
        ([("logto", "/dev/null")], ()),
        ([("logger", "file:/log/a.log")], ("/log/a.log",)),
        ([("logger", "file:logfile=/log/a.log,maxsize=2000000")], ("/log/a.log",)),
        ([("logger", "file:maxsize=1,backupname=/log/a.old,logfile=/log/a.log")], ("/log/a.log",)),
        ([("logger", "errors file:/log/e.log"), ("logger", "file:/log/a.log")], ("/log/e.log", "/log/a.log")),
        ([("logger", "file:/log/a.log"), ("req-logger", "file:logfile=/log/r.log")], ("/log/r.log",)),
        ([("logger-req", "web file:/log/r.log")], ("/log/r.log",)),
        ([("req-logger", "syslog:web"), ("logto", "/log/a.log")], ()),
        ([("logger", "stdio")], ()),
        ([("logger", "file:/log/a.log,maxsize=9")], ()),
        ([("logto", "/dev/stdout")], ()),
        ([("logto", "/log/%(name).log")], ()),
        ([], ()),
    ],
)
def test_the_files_of_the_request_log_come_from_the_logger_options(options: Options, files: tuple[str, ...]) -> None:
    assert log_files(options)[0] == files


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ([("logger", "file:logfile=/log/a,maxsize=9")], "uWSGI renames /log/a to /log/a.TIMESTAMP at 9 bytes"),
        ([("logto", "/log/a"), ("log-maxsize", "9")], "uWSGI renames /log/a to /log/a.TIMESTAMP at 9 bytes"),
        ([("logger", "file:logfile=/log/a,maxsize=9,backupname=/b")], "uWSGI renames /log/a to /b at 9 bytes"),
        ([("logger", "stdio")], "'stdio' writes no file"),
        ([("logger", "web file:/log/a.log,maxsize=9")], "'web file:/log/a.log,maxsize=9' names no file; write it as"),
        ([("logto", "/dev/stdout")], "uWSGI logs to /dev/stdout, which cannot be followed: set logto"),
        ([("logger", "file:/proc/1/fd/1")], "uWSGI logs to /proc/1/fd/1, which cannot be followed"),
        ([("logto", "/log/%(name).log")], "'/log/%(name).log' has a placeholder"),
        ([("logto", "@(exec://name)")], "'@(exec://name)' has a placeholder"),
        ([("logto", "/log/$(NAME).log")], "'/log/$(NAME).log': $(NAME) is not set here; set it as it is for uWSGI"),
        ([("req-logger", "rsyslog:192.0.2.1,web")], "'rsyslog:192.0.2.1,web' writes no file"),
    ],
)
def test_notes_warn_of_renamed_files_and_loggers_without_a_file(options: Options, note: str) -> None:
    assert log_files(options)[1][0].startswith(note)
