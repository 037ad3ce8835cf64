"""Mistakes that people make at set-up: what is printed, the exit code, and that the fix works as printed.

None of them may be met with silence or a traceback, or run forever.
"""

import gzip
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.forked import TAIL, run
from tests.support.network import free_port
from tests.support.request_lines import LINE

LOG = f"{LINE}\n"
OWN = "[Fri May  5 14:51:39 2017] GET /a 200 5ms\n"
INI = "[uwsgi]\nlogto = own.log\nlog-format = [%(ctime)] %(method) %(uri) %(status) %(msecs)ms\n"
NGINX = '192.0.2.1 - - [01/May/2021:13:39:35 +0000] "GET / HTTP/1.1" 200 0 "-" "curl/7.58.0"\n'


def changed(old: str, new: str) -> str:
    """Return the settings with a mistake in them."""
    assert old in TAIL
    return TAIL.replace(old, new)


PATTERN = 'data_format = "grok"'
LAYOUT = """'%{NOTSPACE:t:ts-"1999"} %{WORD:a}'"""


@dataclass(frozen=True)
class Mistake:
    """A command that is wrong in some way, in a folder with app.log and these files; `fix` works there afterwards.

    In the commands {port} is a port that nobody listens on.
    """

    name: str
    command: str
    code: int
    said: str
    fix: str = ""
    files: dict[str, str] = field(default_factory=dict)


def settings(name: str, text: str, said: str) -> Mistake:
    """Return a mistake in a settings file; the fix is the right file."""
    return Mistake(name, "run --once --config c.toml", 2, said, "run --once --config right.toml", {"c.toml": text})


USAGE = [
    Mistake("no log", "run", 2, "logshipper run /var/log/uwsgi/app.log", "run --once app.log"),
    Mistake("log and settings", "run app.log --config right.toml", 2, "give either log files or --config"),
    Mistake("a wrong option", "run --onec app.log", 2, "--once", "run --once app.log"),
    Mistake("a wrong command", "rum app.log", 2, "there is no command 'rum'; did you mean run?"),
    Mistake("a file for an address", "run --once --to requests.db app.log", 2, "give sqlite:///FILE",
            "run --once --to sqlite:///requests.db app.log"),
    Mistake("an unknown output", "run --once --to ftp://db app.log", 2, "is not an output"),
    Mistake("a limit for a run without an end", "run --timeout 3s app.log", 2, "add --once",
            "run --once --timeout 3m app.log"),
    Mistake("a limit that is no time", "run --once --timeout soon app.log", 2, "write it as 30s or 5m",
            "run --once --timeout 5m app.log"),
    Mistake("an unknown time zone", "run --once --timezone Europe/Berln app.log", 2, "did you mean 'Europe/Berlin'?",
            "run --once --timezone Europe/Berlin app.log"),
    Mistake("nothing to retry", "retry", 0, "no rejected line is kept in"),
]  # fmt: skip
LOGS = [
    Mistake("a missing log", "run --once ap.log", 1, "ap.log: no such file; check the name", "run --once app.log"),
    Mistake("a missing folder", "run --once logs/app.log", 2, "mkdir -p"),
    Mistake("a folder", "run --once .", 1, "a folder, so nothing is read; name its files"),
    Mistake("a pipe", "run --once pipe", 1, "let the program write to a file"),
    Mistake("a compressed log", "run --once old.gz", 1, "ship it once: logshipper backfill", "backfill old.gz"),
    Mistake("a pattern without a match", "run --once '*.lug'", 1, "*.lug: no such file; check the pattern",
            "run --once '*.log'"),
    Mistake("uWSGI's configuration for a log", "run --once uwsgi.ini", 2, "give it as --ini uwsgi.ini",
            "run --once --ini uwsgi.ini", {"uwsgi.ini": INI, "own.log": OWN}),
    Mistake("settings for a log", "run --once right.toml", 2, "give it as --config right.toml",
            "run --once --config right.toml"),
    Mistake("uWSGI's configuration for settings", "run --once --config uwsgi.ini", 2, "give it as --ini",
            "run --once --ini uwsgi.ini", {"uwsgi.ini": INI, "own.log": OWN}),
    Mistake("settings for uWSGI's configuration", "run --once --ini right.toml", 2, "give it as --config",
            "run --once --config right.toml"),
    Mistake("another section", "run --once --ini uwsgi.ini app.log", 2, "no section [uwsgi]",
            "run --once --ini uwsgi.ini:web own.log",
            {"uwsgi.ini": INI.replace("[uwsgi]", "[web]"), "own.log": OWN}),
    Mistake("a configuration without a log", "run --once --ini uwsgi.ini", 2, "logshipper run --ini uwsgi.ini LOG",
            "run --once --ini uwsgi.ini app.log", {"uwsgi.ini": "[uwsgi]\nhttp = :80\n"}),
    Mistake("a format of one's own", "run --once own.log", 1, "--ini YOUR.ini", "retry --ini uwsgi.ini",
            {"uwsgi.ini": INI, "own.log": OWN}),
    Mistake("another server's log", "run --once nginx.log", 1, "no pattern matches 1 line that may be", "",
            {"nginx.log": NGINX}),
    Mistake("a JSON log", "run --once j.log", 1, "no pattern matches 1 line that may be", "",
            {"j.log": '{"method": "GET", "path": "/a", "status": 200}\n'}),
    Mistake("a log without requests", "run --once out.log", 1, "0 requests in the first 2 lines (2 app_output)", "",
            {"out.log": "starting\nloading\n"}),
    Mistake("a last line without an end", "run --once app.log cut.log", 0, "the last line has no newline", "",
            {"cut.log": LOG + "half a li"}),
    Mistake("a request of the year 2999", "run --once late.log", 0, "set timezone (run --timezone UTC)", "",
            {"late.log": LOG.replace("2017", "2199")}),
    Mistake("explain without the format", "explain own.log", 1, "0 requests in 1 line",
            "explain --ini uwsgi.ini own.log", {"uwsgi.ini": INI, "own.log": OWN}),
    Mistake("a missing file to print", "parse ap.log", 2, "check its name and permissions", "parse app.log"),
    Mistake("a missing file to load", "backfill ap.log", 2, "check its name and permissions", "backfill app.log"),
]  # fmt: skip
SETTINGS = [
    Mistake("missing settings", "run --once --config d.toml", 2, "correct --config", "run --once --config right.toml"),
    settings("no TOML", changed('"app.log"', "app.log"), "c.toml, line 2: invalid TOML"),
    settings("a misspelt key", changed("from_beginning", "from_begining"), "line 3: from_begining is not supported in"
             " inputs.tail; did you mean from_beginning?"),
    settings("a misspelt section", changed("inputs.tail", "input.tail"), "c.toml, line 1: input"),
    settings("an input of Telegraf's", TAIL + "[[inputs.cpu]]\n", "leave it to Telegraf"),
    settings("a processor", TAIL + "[[processors.rename]]\n", "c.toml, line 10: processors.rename is not supported"),
    settings("a text for a list", changed('["app.log"]', '"app.log"'),
             "line 2: files has the wrong type; it takes a list"),
    settings("no files", changed('files = ["app.log"]\n', ""), 'files = ["/var/log/uwsgi/app.log"]'),
    settings("no format", changed(PATTERN, ""), 'add data_format = "grok" or "json"'),
    settings("an unknown pattern", changed(PATTERN, f"{PATTERN}\ngrok_patterns = ['%{{UWSGI_LOGS}}']"),
             "line 5: unknown pattern %{UWSGI_LOGS}; did you mean UWSGI_LOG?"),
    settings("a broken expression", changed(PATTERN, f"{PATTERN}\ngrok_patterns = ['%{{WORD:a}} (']"),
             "line 5: invalid regular expression"),
    settings("another moment for a layout", changed(PATTERN, f"{PATTERN}\ngrok_patterns = [{LAYOUT}]"),
             "line 5: '999' in the Go time layout '1999' means nothing; a layout is the moment"),
    settings("a zone in the settings", changed(PATTERN, f'{PATTERN}\ngrok_timezone = "Mars"'),
             "line 5: unknown time zone 'Mars'"),
    settings("a variable that is not set", changed('"out.lp"', '"${NOWHERE}"'),
             "line 6: the environment variable NOWHERE is not set; export NOWHERE="),
    settings("two mistakes", changed("from_beginning", "from_begining").replace("state_dir", "state_dri"),
             "did you mean state_dir?"),
    settings("an output without an address", TAIL + '[[outputs.influxdb]]\nurls = ["127.0.0.1:8086"]\n',
             'line 11: the URL \'127.0.0.1:8086\' is not http://HOST:PORT; write "http://127.0.0.1:8086"'),
    settings("a password in an address", TAIL + '[[outputs.influxdb]]\nurls = ["http://u:p@h:8086"]\n',
             "line 11: the URL contains a user or password; use the keys username and password"),
    settings("a bucket that is missing", TAIL + "[[outputs.influxdb_v2]]\n", 'line 10: no bucket; bucket = "telegraf"'),
    Mistake("only what is appended", "run --once --config c.toml", 0, "starting at its end (from_beginning = false)",
            "backfill --config c.toml app.log", {"c.toml": changed("from_beginning = true", "")}),
]  # fmt: skip
OUTPUTS = [
    Mistake("a folder for a database", "run --once --to sqlite:///folder app.log", 2, "a folder, not a SQLite file",
            "run --once --to sqlite:///folder/requests.db app.log"),
    Mistake("a text for a database", "run --once --to sqlite:///uwsgi.ini app.log", 2, "not a usable SQLite file",
            "run --once --to sqlite:///requests.db app.log", {"uwsgi.ini": INI}),
    Mistake("a database in no folder", "run --once --to sqlite:///no/requests.db app.log", 2, "mkdir -p"),
    Mistake("a text to look at", "view uwsgi.ini", 2, "give the path of the file that logshipper wrote", "",
            {"uwsgi.ini": INI}),
    Mistake("no database to look at", "view", 2, "ship a log into it: logshipper run LOG"),
    Mistake("no server", "run --once --timeout 5s --to http://127.0.0.1:{port}/x --state-dir s app.log", 1,
            "start the server, or correct host and port in urls"),
    Mistake("no host", "run --once --timeout 5s --to http://nowhere.invalid/x --state-dir s app.log", 1, "in urls"),
    Mistake("a folder for points", "run --once --config c.toml", 2, "a folder, not a file to write to",
            "run --once --config right.toml", {"c.toml": changed('"out.lp"', '"folder"')}),
    Mistake("routes of nothing", "routes nowhere:app", 2, "give MODULE:APP"),
]  # fmt: skip
MISTAKES = [*USAGE, *LOGS, *SETTINGS, *OUTPUTS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.log").write_text(LOG)
    (tmp_path / "right.toml").write_text(TAIL)
    (tmp_path / "old.gz").write_bytes(gzip.compress(LOG.encode()))
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_there_are_at_least_forty_mistakes_with_distinct_names() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES) >= 40


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_message_says_what_is_wrong_and_the_fix_works(mistake: Mistake, folder: Path) -> None:
    for name, text in mistake.files.items():
        (folder / name).write_text(text)
    code, said = run(folder, mistake.command.format(port=free_port()))
    assert mistake.said in said
    assert code == mistake.code, said
    if mistake.fix:
        code, said = run(folder, mistake.fix)
        assert code == 0, said
