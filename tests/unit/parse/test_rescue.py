"""A line that cannot be parsed affects no other line."""

import pytest

from logshipper.model import Batch, Chunk, RejectedLine
from logshipper.parse.parser import Parser
from logshipper.parse.rescue import parse_safely
from logshipper.points import Points
from tests.support.parsing import PATH, chunk, origins_of, parser
from tests.support.request_lines import LINE


def _batch(given: Chunk) -> Batch:
    if b"bad" in given.data:
        raise RecursionError
    lines = given.data.splitlines()
    rejected = [RejectedLine(1, given.offset, "no", line) for line in lines if line == b"no"]
    points = Points(given.data, len(lines)) if not rejected else Points()
    return Batch(given, len(lines), points, rejected=rejected, noise={"x": 1}, tag_counts={"method": given.end})


def test_only_the_failing_line_is_rejected_and_the_others_are_parsed() -> None:
    undone: list[None] = []
    batch = parse_safely(_batch, chunk("one\nbad\nno\ntwo\n", offset=100), lambda: undone.append(None))
    assert list(batch.points) == ["one", "two"]
    assert batch.offsets == [100, 111]
    assert [(line.offset, line.line, line.reason) for line in batch.rejected] == [
        (104, b"bad", "cannot be parsed (RecursionError)"),
        (108, b"no", "no"),
    ]
    assert (batch.lines, batch.noise["x"], batch.tag_counts) == (4, 3, {"method": 115})
    assert len(undone) == 2


def test_a_chunk_whose_lines_all_fail_is_rejected_line_by_line() -> None:
    batch = parse_safely(_batch, chunk("bad\nbad\n"), lambda: None)
    assert (batch.lines, len(batch.points), len(batch.rejected)) == (2, 0, 2)


def test_the_failed_attempt_leaves_no_trace_in_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'{LINE}\nhello\nTraceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 1\n{LINE}\n'
    expected = parser().parse(chunk(text), parser().memory(PATH))
    given, made = parser(), Parser._parse
    memory = given.memory(PATH)

    def fails_once(self: Parser, part: Chunk, memory: object) -> Batch:
        batch = made(self, part, memory)  # type: ignore[arg-type]
        if part.data == text.encode():
            raise OverflowError
        return batch

    monkeypatch.setattr(Parser, "_parse", fails_once)
    batch = given.parse(chunk(text), memory)
    assert list(batch.points) == list(expected.points)
    assert origins_of(batch) == origins_of(expected)
    assert list(batch.events) == list(expected.events)
    assert (batch.lines, batch.noise, batch.event_state) == (expected.lines, expected.noise, expected.event_state)
