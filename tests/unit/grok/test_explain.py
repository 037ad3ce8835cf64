"""Why a line does not match: where it stops, what was expected there, and which pattern comes nearest."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from logshipper.commands.explain import command
from logshipper.grok.expand import expand
from logshipper.grok.explain import Explainer, Probe
from logshipper.grok.library import library
from logshipper.grok.steps import steps

LIBRARY = library()
LOG, VARIANT, NGINX = (
    Probe(f"%{{{name}}}", LIBRARY) for name in ("UWSGI_LOG", "UWSGI_LOG_VARIANT", "NGINX_ACCESS_LOG")
)
LINE = (
    "[pid: 13|app: 0|req: 2/2] 10.0.2.2 () {40 vars in 672 bytes} [Fri May  5 14:51:39 2017] GET /api/obj/124"
    " => generated 14 bytes in 5005 msecs (HTTP/1.1 200) 2 headers in 79 bytes (1 switches on core 0)"
)


@pytest.mark.parametrize(
    ("old", "new", "at", "expected"),
    [
        ("req: 2", "req: x", "x/2", "currentReq: a whole number"),
        ("[Fri", "[fri", "fri", "timestamp: a date such as [Fri May  5 14:51:39 2017]"),
        ("generated", "generatd", "d 14", "' => generated '"),
        ("14 bytes", "fourteen bytes", "fourteen", "resSize: a whole number"),
        ("msecs", "nsecs", "nsecs", "' msecs ('"),
        ("core 0)", "core 0) and more", " and more", "the end of the line"),
        ("[pid", "pid", "pid", "'[pid: '"),
    ],
)
def test_damage_is_found_to_the_column(old: str, new: str, at: str, expected: str) -> None:
    line = LINE.replace(old, new, 1)
    reach = LOG.reach(line)
    assert not reach.complete
    assert line[reach.column :].startswith(at)
    assert reach.expected == expected


def test_a_line_that_matches_is_reached_to_its_end() -> None:
    reach = LOG.reach(LINE)
    assert reach.complete
    assert reach.column == len(LINE)


@given(st.integers(0, len(LINE) - 1), st.characters(codec="latin-1", exclude_characters="\n"))
def test_a_line_is_complete_exactly_if_its_pattern_matches(place: int, character: str) -> None:
    line = LINE[:place] + character + LINE[place + 1 :]
    reach = LOG.reach(line)
    pattern = re.compile(expand(LOG.pattern, LIBRARY).text, re.ASCII)
    assert reach.complete == bool(pattern.match(line)), line


@pytest.mark.parametrize("name", ["UWSGI_LOG", "UWSGI_LOG_VARIANT", "NGINX_ACCESS_LOG", "COMBINED_LOG_FORMAT"])
def test_the_pieces_of_a_pattern_are_the_pattern(name: str) -> None:
    samples = {"UWSGI_LOG": LINE, "UWSGI_LOG_VARIANT": "x " + LINE.replace("msecs", "micros via route()")}
    combined = '10.0.2.2 - ann [05/May/2017:14:51:39 +0000] "GET /a HTTP/1.1" 200 14 "-" "curl"'
    text = "".join(step.text for step in steps(f"%{{{name}}}", LIBRARY))
    assert re.match(text, samples.get(name, combined), re.ASCII)


def test_lines_that_fail_alike_are_counted_together_and_a_matching_pattern_is_suggested() -> None:
    explainer = Explainer([LOG], [NGINX])
    explainer.add(LINE.replace("generated", "generatd"), 3)
    explainer.add(LINE.replace("generated", "generatd").replace("124", "999"), 5)
    explainer.add('10.0.2.2 - - [05/May/2017:14:51:39 +0000] "GET /a HTTP/1.1" 200 14 "-" "curl"', 9)
    first, second = explainer.report()
    assert first.startswith("2 lines, first line 3:")
    assert "%{NGINX_ACCESS_LOG} matches this line" in second


THREE = f"""{LINE}
{LINE.replace("req: 2/2", "req: 2-2")}
{LINE.replace("=> generated", "=> generatd")}
{LINE.replace("(HTTP/1.1 200)", "(HTTP/1.1 OK)")}
Traceback is no request
"""


def test_each_kind_of_damage_is_shown_with_its_column(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(THREE)
    done = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    assert done.return_value == 1
    lines = done.output.splitlines()
    carets = [line.index("^") for line in lines if line.strip().startswith("^")]
    examples = [lines[index - 1] for index, line in enumerate(lines) if line.strip().startswith("^")]
    marked = {example[caret:][:6] for example, caret in zip(examples, carets, strict=True)}
    assert marked == {"-2] 10", "d 14 b", "OK) 2 "}
    assert "column 23" in done.output
    expected = {line.strip() for line in lines if "expected there" in line}
    assert expected == {
        "expected there: '/'", "expected there: ' => generated '", "expected there: status: a whole number",
    }  # fmt: skip
    assert "rejected: 3 no pattern matches" in done.output + done.stderr


def test_a_matching_line_with_an_impossible_date_is_explained(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(LINE + "\n" + LINE.replace("May  5", "Feb 31") + "\n")
    done = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    lines = done.output.splitlines()
    assert "1 line, first line 2:" in lines
    caret = next(index for index, line in enumerate(lines) if line.strip().startswith("^"))
    assert lines[caret - 1][lines[caret].index("^") :].startswith("[Fri Feb 31")
    assert "no time: '[Fri Feb 31 14:51:39 2017]' is not a date" in lines[caret + 1]


def test_nothing_is_explained_for_a_log_that_matches(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(LINE + "\n")
    done = CliRunner().invoke(command, [str(log)], standalone_mode=False)
    assert done.return_value == 0
    assert "every one is understood" in done.output + done.stderr
