"""Rows of cells hold the text of the values that other rows hold, with the same times."""

import random
from collections.abc import Sequence

import pytest

from logshipper.model import Chunk
from logshipper.parse.cell_form import CELLS
from logshipper.parse.form import Form
from logshipper.parse.row_form import ROWS
from logshipper.points import PointRow, Rows
from logshipper.settings.options import Agent, Grok, Input, LogshipperSettings, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.request_lines import LINE, line

NAMES = ("method", "uri", "status", "resTime", "resTimeMicros", "remoteAddr")
MICROS = LINE.replace("5005 msecs", "5005777 micros") + "\n"
VARIANT = LINE.replace("(HTTP/1.1 200)", "via sendfile() (HTTP/1.1 200)") + "\n"


def parsed(lines: Sequence[str], form: Form, chunks: int = 1, **grok: list[str]) -> Rows:
    given = Input(files=["x.log"], fieldpass=list(NAMES), grok=Grok(timezone="UTC", **grok))  # type: ignore[arg-type]
    settings = Settings(agent=Agent(hostname="h"), inputs=[given], logshipper=LogshipperSettings())
    parser, found = build_parser(settings, given, form=form), list[PointRow]()
    memory, offset, size = parser.memory("x.log"), 0, -(-len(lines) // chunks)
    for first in range(0, len(lines), size):
        data = "".join(lines[first : first + size]).encode()
        batch = parser.parse(Chunk("x.log", 1, offset, data, offset + len(data)), memory)
        assert isinstance(batch.points, Rows)
        found += batch.points.rows
        offset += len(data)
    return Rows(found)


def values(rows: Rows) -> list[tuple[dict[str, str], int]]:
    """Return what both forms have: text by name, and the time."""
    found = []
    for shape, cells, time in rows:
        named = {name: str(value) for name, value in zip(shape.names, cells, strict=True) if name in NAMES}
        if named.get("resTimeMicros"):
            named.pop("resTime", None)  # computed by the one, left to the reader by the other
        named.pop("status")  # a number in one, the class beside it
        found.append(({name: value for name, value in named.items() if value}, time))
    return found


def requests(count: int) -> list[str]:
    dice = random.Random(1)
    return [line(f"/{dice.randrange(9)}", ms=dice.randrange(99), status=dice.choice((200, 500))) for _ in range(count)]


@pytest.mark.parametrize(
    "lines",
    [requests(3), [MICROS], [VARIANT], [LINE + "\n", MICROS, "noise\n", VARIANT], requests(1500)],
    ids=["one pattern", "micros", "variant", "mixed", "suffixes are cached"],
)
def test_the_values_are_those_of_rows(lines: list[str]) -> None:
    chunks = 5 if len(lines) > 1000 else 1  # the suffixes of the first chunk are learned for the others
    cells, rows = parsed(lines, CELLS, chunks), parsed(lines, ROWS, chunks)
    assert values(cells) == values(rows)


def test_a_cell_is_the_text_of_the_line() -> None:
    ((shape, cells, _),) = parsed([LINE + "\n"], CELLS)
    named = dict(zip(shape.names, cells, strict=True))
    assert named == {
        "status": "200", "method": "GET", "uri": "/api/obj/124", "resTime": "5005", "remoteAddr": "10.0.2.2",
    }  # fmt: skip


def test_a_pattern_with_one_value_and_one_without_a_time() -> None:
    ((_, cells, time),) = parsed(["7\n"], CELLS, patterns=["^%{INT:resTime:int}$"])
    assert cells == ("7",)
    assert time > 0


def test_of_several_values_with_one_name_the_one_that_matched_counts() -> None:
    pattern = "^(?:a=%{INT:resTime:int}|b=%{INT:resTime:int}) %{WORD:method:tag}$"
    found = parsed(["a=1 GET\n", "b=2 GET\n"], CELLS, patterns=[pattern])
    assert [sorted(cells) for _, cells, _ in found] == [["1", "GET"], ["2", "GET"]]
