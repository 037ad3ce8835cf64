"""`logshipper parse`: points on stdout, the account on stderr, and chunks that do not depend on how a file is read."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from logshipper.commands.parse import chunks, command
from logshipper.errors import UserError
from logshipper.hashing import digest
from tests.support.request_lines import LINE, line


def test_points_go_to_stdout_and_the_account_to_stderr(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"*** Starting uWSGI ***\n{LINE}\n")
    done = CliRunner().invoke(command, ["--timezone", "UTC", str(log)], standalone_mode=False)
    assert done.return_value == 0
    assert done.stdout.count("uwsgi_log,") == 1
    assert done.stderr.startswith("read 2, written 1, rejected 0, not a request 1")


def test_parse_exits_with_1_if_a_line_was_rejected(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"{LINE[:80]}\n")
    done = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    assert (done.return_value, done.stdout) == (1, "")


def test_without_a_file_parse_reads_standard_input() -> None:
    done = CliRunner().invoke(command, ["--timezone", "UTC"], input=f"{LINE}\n", standalone_mode=False)
    assert done.stdout.endswith("\n")
    assert " status=200i" in done.stdout.replace(",status=", " status=")


def test_the_format_can_come_from_the_uwsgi_configuration(tmp_path: Path) -> None:
    (tmp_path / "uwsgi.ini").write_text("[uwsgi]\nlog-format = %(method) %(uri) %(status) %(msecs)ms\n")
    log = tmp_path / "app.log"
    log.write_text("GET /a?b=1 200 5ms\n")
    done = CliRunner().invoke(command, ["--ini", str(tmp_path / "uwsgi.ini"), str(log)], standalone_mode=False)
    assert done.return_value == 0
    assert "uri=/a " in done.stdout
    assert "resTime=5i" in done.stdout


def test_the_time_zone_of_the_log_can_be_given(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"{LINE}\n")
    seconds = [
        int(CliRunner().invoke(command, ["--timezone", zone, str(log)], standalone_mode=False).stdout.split()[-1][:10])
        for zone in ("UTC", "Europe/Paris")
    ]
    assert seconds[0] - seconds[1] == 2 * 3600  # in May


def test_chunks_hold_whole_lines_and_are_contiguous(tmp_path: Path) -> None:
    text = "".join(line(f"/{number}", number=number) for number in range(1000))
    (tmp_path / "app.log").write_text(text)
    found = list(chunks(str(tmp_path / "app.log"), "/app.log"))
    assert len(found) > 1
    assert b"".join(chunk.data for chunk in found) == text.encode()
    assert [chunk.offset for chunk in found] == [0, *(chunk.end for chunk in found[:-1])]
    assert {chunk.fingerprint for chunk in found} == {digest(text.encode().splitlines()[0])}


def test_a_last_line_without_a_newline_is_read(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(LINE)
    (chunk,) = chunks(str(tmp_path / "app.log"), "/app.log")
    assert (chunk.data, chunk.end) == (f"{LINE}\n".encode(), len(LINE))


@pytest.mark.parametrize("name", ["/nowhere/app.log", "/"])
def test_an_unreadable_file_is_a_user_error(name: str) -> None:
    with pytest.raises(UserError, match="cannot read the file"):
        list(chunks(name, name))
