"""The command line: commands are listed without being imported; a user error gives one line and exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper import cli
from tests.support.request_lines import LINE

COMMAND = [str(Path(sys.executable).parent / "logshipper")]
CONFIG = """\
[[inputs.logparser]]
  files = ["{files}"]
  from_beginning = true
  [inputs.logparser.grok]
    patterns = ["{pattern}"]
[[outputs.{kind}]]
  {output}
"""


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        check=False, capture_output=True, text=True, env={**os.environ, **environment},
    )  # fmt: skip


def config(folder: Path, **values: str) -> Path:
    known = {"files": f"{folder}/a.log", "pattern": "%{UWSGI_LOG}", "kind": "file", "output": ""}
    file = folder / "c.toml"
    file.write_text(CONFIG.format(**{**known, **values}))
    return file


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_a_help_with_an_example_that_begins_with_its_name(name: str) -> None:
    done = CliRunner().invoke(cli.cli, [name, "--help"], prog_name="logshipper")
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"Usage: logshipper {name}")
    lines = done.output.splitlines()
    examples = [index for index, line in enumerate(lines) if line.startswith("  Example: ")]
    assert examples
    for index in examples:  # on one line, so that it can be copied
        assert f"logshipper {name}" in lines[index]
        assert not lines[index + 1].strip() or index + 1 in examples


def test_the_nearest_command_is_suggested() -> None:
    done = run("explian", "app.log")
    assert (done.returncode, done.stderr) == (2, "logshipper: there is no command 'explian'; did you mean explain?\n")
    assert run("frobnicate").stderr == "logshipper: no such command 'frobnicate'; see logshipper --help\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["parse", "--frm", "x"], "there is no option --frm; see logshipper parse --help"),
        (["setup"], "missing argument 'URL'; see logshipper setup --help"),
        (["--versoin"], "there is no option --versoin; did you mean --version?"),
    ],
)
def test_wrong_usage_is_one_line_too(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["logshipper", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, capsys.readouterr().err) == (2, f"logshipper: {message}\n")


@pytest.mark.slow
def test_the_shell_completes_commands_and_options() -> None:
    def completed(words: str) -> list[str]:
        done = run(_LOGSHIPPER_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(words.count(" ")))
        return done.stdout.splitlines()

    assert completed("logshipper exp") == ["plain,explain"]
    assert "plain,--config" in completed("logshipper run --c")
    for words in ("logshipper run app", "logshipper report --ini uw"):
        assert completed(words)[0].startswith("file,")  # then bash completes the name of a file
    assert "complete -o nosort -F" in run(_LOGSHIPPER_COMPLETE="bash_source").stdout


def test_help_lists_the_commands_and_version_is_printed() -> None:
    done = run("--help")
    assert all(text in " ".join(done.stdout.split()) for text in cli.COMMANDS.values())
    assert run("--version").stdout.startswith("logshipper, version ")


def test_help_does_not_import_any_command() -> None:
    code = (
        "import sys; from logshipper.cli import main; sys.argv = ['x', '--help']\ntry: main()\nexcept SystemExit: pass"
    )
    code += "\nprint([m for m in sys.modules if m.startswith(('logshipper.commands.', 'urllib3'))])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"kind": "influxdb", "output": 'databse = "x"'}, ["c.toml, line 7", "databse", "did you mean database?"]),
        ({"pattern": "%{UWSGI_LGO}"}, ["c.toml, line 5", "unknown pattern %{UWSGI_LGO}", "did you mean UWSGI_LOG?"]),
        ({"pattern": "%{UWSGI_LOG"}, ["line 5"]),
        ({"pattern": "(%{UWSGI_LOG}"}, ["line 5", "invalid regular expression"]),
        ({"kind": "influxdb", "output": 'urls = ["localhost:8086"]'}, ["line 7", "'localhost:8086'", "http://"]),
        ({"files": "/nowhere/at/all/a.log"}, ["line 2", "/nowhere/at/all", "no folder"]),
        ({"kind": "influxdb_v2", "output": 'bucket = "b"\n  password = "p"'}, ["line 8", "password", "token"]),
        ({"kind": "sqlite", "output": 'path = "/nowhere/at/all/x.db"'}, ["line 7", "/nowhere/at/all", "mkdir -p"]),
    ],
)
def test_an_error_in_the_settings_gives_one_line(tmp_path: Path, values: dict[str, str], expected: list[str]) -> None:
    file = config(tmp_path, **values)
    done = run("run", "--once", "--config", file, "--state-dir", tmp_path / "state")
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    for part in ["logshipper: ", *expected]:
        assert part in line


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run"], "give either log files or --config"),
        (["run", "a.log", "--to", "ftp://x"], "'ftp://x' is not an output"),
        (["run", "--config", "/nowhere.toml"], "/nowhere.toml: cannot read the settings"),
        (["parse", "/nowhere.log"], "/nowhere.log: cannot read the file"),
    ],
)
def test_an_error_in_the_arguments_gives_one_line(arguments: list[str], expected: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert expected in line


@pytest.mark.slow
def test_an_unusable_state_folder_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("run", "--once", "--config", config(tmp_path), "--state-dir", tmp_path / "file")
    assert done.returncode == 2
    assert "cannot use the state folder" in done.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--once", "a.log", "--to", "sqlite:///{}/a.db"],
        ["run", "--once", "{}/a.log"],
        ["run", "--once", "a.log", "--state-dir", "{}/a"],
        ["report", "--from", "{}.db"],
        ["report", "{}.log"],
        ["parse", "{}"],
        ["view", "{}.db"],
        ["backfill", "{}.gz"],
        ["test", "{}.toml"],
    ],
)
def test_a_name_that_no_file_can_have_gives_one_line(tmp_path: Path, arguments: list[str]) -> None:
    long = str(tmp_path / ("x" * 300))
    done = run(*(argument.format(long) for argument in arguments))
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    assert "File name too long" in done.stderr.splitlines()[-1] or "no such file" in done.stderr


@pytest.mark.slow
def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("x\n" * 100_000)
    file = config(tmp_path, pattern="%{WORD:letter}")
    done = subprocess.run(
        f"{COMMAND[0]} parse --config {file} {log} | head -1", shell=True, check=False, capture_output=True, text=True
    )
    assert done.stdout.startswith("logparser,")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["parse", "explain", "run --once --to -"])
def test_a_full_standard_output_gives_one_line(tmp_path: Path, command: str, unbuffered: str) -> None:
    log = tmp_path / "a.log"
    log.write_text(f"{LINE}\n")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *command.split(), log], check=False, stdout=full, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "STATE_DIRECTORY": str(tmp_path / "state"), "PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    said = "standard output: cannot write: No space left on device; free space on that disk"
    assert said in done.stderr.splitlines()[-1]


def test_an_error_that_quotes_a_file_name_is_one_line(tmp_path: Path) -> None:
    done = run("run", "--config", tmp_path / "a\x1b[2J\nb.toml")
    assert done.returncode == 2
    assert "a\\x1b[2J" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
