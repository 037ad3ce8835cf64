"""Tests of one's patterns: lines, and the rows that are expected of them, from a TOML file."""

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from logshipper.errors import Location, UserError
from logshipper.model import Batch, Chunk
from logshipper.parse.parser import Parser
from logshipper.points import PointRow, rows_in
from logshipper.settings.lines import KeyLines
from logshipper.settings.options import Settings
from logshipper.wiring.parsers import build_parser
from logshipper.words import counted

_FILE_KEYS = ("config", "ini", "test")
_TEST_KEYS = ("name", "line", "lines", "row", "rows", "event", "events", "rejected", "input")


@dataclass(frozen=True, slots=True)
class PatternTest:
    """Lines, and what they must become; None for what does not matter.

    Of a row or event only the columns that are named matter. `rejected` is the beginning of the reason.
    """

    name: str
    lines: Sequence[str]
    rows: Sequence[Mapping[str, Any]] | None
    events: Sequence[Mapping[str, Any]] | None
    rejected: str | None
    input: int


@dataclass(frozen=True, slots=True)
class TestFile:
    """A file of tests; `config` and `ini` say what the lines look like, "" for neither."""

    __test__ = False  # pytest

    tests: Sequence[PatternTest]
    config: str
    ini: str


def read_tests(file: Path) -> TestFile:
    """Read a file. Raises UserError."""
    try:
        text = file.read_text("utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise UserError(f"cannot read it: {error.strerror}", where=str(file), fix="check its name") from error
    except ValueError as error:
        raise UserError(f"invalid TOML: {error}", where=str(file), fix="fix that line") from error
    lines = KeyLines(text)
    _known(table, _FILE_KEYS, Location(str(file)))
    given = table.get("test", [])
    if not isinstance(given, list) or not given:
        raise UserError("no tests", where=str(file), fix="add [[test]] with a line and its row")
    tests = [_test(one, Location(str(file), lines.of(("test", index)))) for index, one in enumerate(given)]
    named = [str(file.parent / table[key]) if table.get(key) else "" for key in ("config", "ini")]
    return TestFile(tests, *named)


def _test(given: Any, where: Location) -> PatternTest:
    if not isinstance(given, dict):
        raise UserError("a test is a table", where=where, fix="write [[test]]")
    _known(given, _TEST_KEYS, where)
    lines = given.get("lines") or [given["line"]] if "line" in given or "lines" in given else []
    if not lines or not all(isinstance(line, str) for line in lines):
        raise UserError("a test has no line", where=where, fix="add line = '…' or lines = […]")
    rows, events = (_expected(given, key, where) for key in ("row", "event"))
    rejected = given.get("rejected")
    if rows is None and events is None and rejected is None:
        raise UserError("this test expects nothing", where=where, fix="add [test.row], rows = [], event or rejected")
    return PatternTest(given.get("name", lines[0]), lines, rows, events, rejected, int(given.get("input", 0)))


def _expected(given: Mapping[str, Any], key: str, where: Location) -> Sequence[Mapping[str, Any]] | None:
    """Return the rows or events of a test; one may be given as a table, several as a list of tables."""
    found = [given[key]] if key in given else given.get(f"{key}s")
    if found is not None and not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
        raise UserError(f"{key} is not a table of columns", where=where, fix=f'write [test.{key}] and method = "GET"')
    return found


def _known(table: Mapping[str, Any], keys: Sequence[str], where: Location) -> None:
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            fix = f"did you mean {near[0]}?" if near else f"use one of {', '.join(keys)}"
            raise UserError(f"{key} is not supported", where=where, fix=fix)


class PatternTester:
    """Runs tests with the patterns of the settings."""

    def __init__(self, settings: Settings) -> None:
        # Without events nobody could see what the other lines became.
        self.settings = replace(settings, logshipper=replace(settings.logshipper, events=True))
        self._parsers: dict[int, Parser] = {}

    def failures(self, test: PatternTest) -> list[str]:
        """Return what is not as expected."""
        if not 0 <= test.input < len(self.settings.inputs):
            return [f"there is no input {test.input}; the settings have {len(self.settings.inputs)}, from 0 on"]
        if test.input not in self._parsers:
            given = self.settings.inputs[test.input]
            self._parsers[test.input] = build_parser(self.settings, given, rows=True)
        parser = self._parsers[test.input]
        data = "".join(f"{line}\n" for line in test.lines).encode("utf-8", "surrogateescape")
        memory = parser.memory("")
        batch = parser.parse(Chunk("", 0, 0, data, len(data)), memory)
        events = [*rows_in(batch.events), *rows_in(parser.finish(memory))]
        return list(_differences(test, batch, rows_in(batch.points), events))


def _differences(
    test: PatternTest, batch: Batch, rows: Sequence[PointRow], events: Sequence[PointRow]
) -> Iterator[str]:
    reasons = [line.reason for line in batch.rejected]
    if test.rejected is None and reasons:
        yield f"rejected: {reasons[0]}"
    elif test.rejected is not None and not any(reason.startswith(test.rejected) for reason in reasons):
        yield f"not rejected for {test.rejected!r}, but {reasons[0]!r}" if reasons else "not rejected"
    for what, wanted, found in (("row", test.rows, rows), ("event", test.events, events)):
        if wanted is None:
            continue
        if len(wanted) != len(found):
            yield f"{counted(len(found), what)}, expected {len(wanted)}"
        for index, (one, other) in enumerate(zip(wanted, found, strict=False)):
            prefix = f"{what} {index + 1}: " if len(wanted) > 1 else ""
            yield from (f"{prefix}{text}" for text in _columns(one, other))


def _columns(wanted: Mapping[str, Any], row: PointRow) -> Iterator[str]:
    shape, values, time = row
    found = {"measurement": shape.measurement, **dict(zip(shape.names, values, strict=True))}
    for name, value in wanted.items():
        if name == "time":
            if not _is_at(value, time):
                yield f"time is {datetime.fromtimestamp(time // 10**9).astimezone().isoformat()}, expected {value}"
        elif name not in found:
            near = difflib.get_close_matches(name, found, 1)
            yield f"there is no column {name}" + (f"; did you mean {near[0]}?" if near else "")
        elif found[name] != value or type(found[name]) is not type(value):
            yield f"{name} is {found[name]!r}, expected {value!r}"


def _is_at(wanted: Any, time: int) -> bool:
    """Return whether a row has this time; the digits below those that are given do not matter."""
    moment = datetime.fromisoformat(wanted) if isinstance(wanted, str) else wanted
    seconds = int(moment.timestamp() // 1)
    if not moment.microsecond:
        return time // 10**9 == seconds
    return time // 1000 == seconds * 10**6 + int(moment.microsecond)
