"""Tracebacks assembled from lines, even when several processes write at once."""

import json
import random
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.events.tracebacks import (
    LONGEST_LINE,
    MOST_BYTES,
    MOST_LINES,
    MOST_OPEN,
    MOST_OPEN_BYTES,
    Traceback,
    Tracebacks,
    is_exception,
)


def raised(name: str, depth: int = 2, message: str = "on purpose") -> list[str]:
    """Return the lines of a traceback, its source lines marked with its name."""
    lines = ["Traceback (most recent call last):"]
    for frame in range(depth):
        lines += [f'  File "/srv/app/{name}.py", line {frame + 1}, in f{frame}', f"    f{frame + 1}()  # {name}"]
    return [*lines, f"{name}Error: {message}"]


def collect(lines: list[str]) -> tuple[list[Traceback], list[str]]:
    """Return the tracebacks, and the lines that belong to none."""
    opened, others = Tracebacks(), list[str]()
    found: list[Traceback] = []
    for offset, line in enumerate(lines):
        if not opened.take(line, offset):
            found += opened.finished()
            others.append(line)
    found += opened.finished()
    return found + list(opened.finished(before=10**9)), others


def test_a_traceback_has_its_exception_frame_and_text() -> None:
    (one,), others = collect(["before", *raised("Value"), "behind"])
    assert others == ["before", "behind"]
    assert one.exception == ("ValueError", "on purpose")
    assert one.frame == "/srv/app/Value.py:2 in f1"
    assert one.text.splitlines() == raised("Value")
    assert one.offset == 1


def test_the_frame_is_the_last_one_outside_the_libraries() -> None:
    lines = raised("Value")
    lines[-1:] = ['  File "/usr/lib/python3/dist-packages/flask/app.py", line 9, in x', "    y()", "KeyError: 'a'"]
    (one,), _ = collect(lines)
    assert one.frame == "/srv/app/Value.py:2 in f1"
    assert one.exception == ("KeyError", "'a'")


def test_markers_and_frames_without_source_belong_to_the_traceback() -> None:
    lines = [
        "Traceback (most recent call last):",
        '  File "<string>", line 1, in <module>',
        '  File "/srv/app/a.py", line 7, in f',
        "    return g(x) + 1",
        "           ^^^^",
        "  [Previous line repeated 996 more times]",
        "RecursionError: maximum recursion depth exceeded",
    ]
    (one,), others = collect(lines)
    assert others == []
    assert one.text.splitlines() == lines


@pytest.mark.parametrize(
    "sentence",
    [
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
    ],
)
def test_a_chain_is_one_traceback_with_the_last_exception(sentence: str) -> None:
    (one,), others = collect([*raised("Value"), sentence, *raised("Lookup", 1), "behind"])
    assert others == ["behind"]
    assert one.exception == ("LookupError", "on purpose")
    assert f"ValueError: on purpose\n\n{sentence}\n\nTraceback" in one.text


def test_an_exception_group_is_one_traceback() -> None:
    lines = [
        "  + Exception Group Traceback (most recent call last):",
        '  |   File "/srv/app/a.py", line 1, in <module>',
        "  |     raise ExceptionGroup",
        "  | ExceptionGroup: both (2 sub-exceptions)",
        "  +-+---------------- 1 ----------------",
        "    | ValueError: one",
        "    +---------------- 2 ----------------",
        "    | KeyError: 'two'",
        "    +------------------------------------",
    ]
    (one,), others = collect([*lines, "behind"])
    assert others == ["behind"]
    assert one.text.splitlines() == lines


def in_writes(lines: list[str]) -> list[list[str]]:
    """Return a traceback as a process writes it: each frame together with its source line."""
    return [lines[:1], *([*pair] for pair in zip(lines[1:-1:2], lines[2:-1:2], strict=True)), lines[-1:]]


def test_the_tracebacks_of_two_alternating_workers_are_separated_by_the_functions_they_call() -> None:
    one, two = (
        [line.replace("f1", f"{name}1").replace("f2", f"{name}2") for line in raised(name, 3)]
        for name in ("Value", "Key")
    )
    alternating = zip(in_writes(one), in_writes(two), strict=True)
    found, others = collect([line for both in alternating for write in both for line in write])
    assert others == []
    texts = ["\n".join(lines[:-1]) for lines in (one, two)]  # nothing says whose the exceptions are
    assert sorted("\n".join(traceback.lines[:-1]) for traceback in found) == sorted(texts)


def test_a_frame_continues_the_call_above_the_marks_too() -> None:
    header, called = "Traceback (most recent call last):", '  File "a.py", line 2, in g'
    (one, _), _ = collect([header, '  File "a.py", line 1, in f', "    g()", "    ^^^", header, called])
    assert one.lines[-1] == called


def test_a_line_that_fits_several_continues_the_one_written_last() -> None:
    torn = raised("Value", 1)[:-1]  # its end was lost
    found, others = collect([*torn, *raised("Key", 2), "behind"])
    assert others == ["behind"]
    assert "\n".join(raised("Key", 2)) in [one.text for one in found]


@given(st.randoms(use_true_random=False), st.integers(2, 6))
def test_interleaved_equal_tracebacks_are_separated(chance: random.Random, count: int) -> None:
    waiting = [in_writes(raised("Value", 3)) for _ in range(count)]
    mixed = []
    while waiting:
        mixed += chance.choice(waiting).pop(0)
        waiting = [writes for writes in waiting if writes]
    found, others = collect(mixed)
    assert others == []
    assert [one.text.splitlines() for one in found] == [raised("Value", 3)] * count


@given(st.randoms(use_true_random=False))
def test_interleaving_different_tracebacks_loses_and_invents_no_line(chance: random.Random) -> None:
    waiting = [raised("Value", 1), raised("Key", 2), raised("Type", 4)]
    lines = [line for one in waiting for line in one]
    mixed = []
    while waiting:
        mixed.append(chance.choice(waiting).pop(0))
        waiting = [one for one in waiting if one]
    found, others = collect(mixed)
    assert sorted(chain(others, *(one.lines for one in found))) == sorted(lines)


@given(st.lists(st.text(max_size=30), max_size=60))
def test_no_line_is_lost(lines: list[str]) -> None:
    found, others = collect(lines)
    assert sorted(chain(others, *(one.lines for one in found))) == sorted(lines)


def test_tracebacks_are_kept_within_bounded_memory() -> None:
    endless = ["Traceback (most recent call last):", *['  File "a", line 1, in f', "    f()"] * 5000, "ValueError: x"]
    (one,), _ = collect(endless)
    assert len(one.lines) <= MOST_LINES + 1
    assert one.exception == ("ValueError", "x")
    opened = Tracebacks()
    for offset in range(100):
        opened.take("Traceback (most recent call last):", offset)
        list(opened.finished())
    assert len(opened.opened) <= MOST_OPEN


@pytest.mark.parametrize(
    "line", ["ValueError", "ValueError: x", "a.b.Strange: x", "KeyboardInterrupt", "x.DoesNotExist:"]
)
def test_lines_that_can_end_a_traceback(line: str) -> None:
    assert is_exception(line)


@pytest.mark.parametrize("line", ["hello", "hello: world", "done", "", "  x", "1: 2", "GET /"])
def test_lines_that_cannot_end_a_traceback(line: str) -> None:
    assert not is_exception(line)


def test_long_lines_are_kept_in_bounded_memory_without_losing_the_exception() -> None:
    frames = [f'  File "{"a" * 900_000}.py", line 1, in f', f"    {'b' * 900_000}"] * 110
    opened = Tracebacks()
    for offset, line in enumerate(["Traceback (most recent call last):", *frames, f"ValueError: {'c' * 900_000}"]):
        assert opened.take(line, offset)
    assert len(json.dumps(opened.state())) < 2 * (MOST_BYTES + LONGEST_LINE)
    (one,) = opened.finished()
    name, message = one.exception
    assert (name, message[0], message[-1], len(message)) == ("ValueError", "c", "c", LONGEST_LINE - len("ValueError: "))


def test_an_endless_chain_of_exceptions_is_kept_in_bounded_memory() -> None:
    opened = Tracebacks()
    chain = "During handling of the above exception, another exception occurred:"
    for number in range(2_000):
        for line in (
            "Traceback (most recent call last):",
            '  File "a.py", line 1, in f',
            f"ValueError: {number}",
            chain,
        ):
            opened.take(line, number)
        if opened.is_full():
            list(opened.finished(complete=False))
    assert len(opened.opened) <= MOST_OPEN
    assert all(one.size == sum(map(len, one.lines)) < MOST_BYTES + LONGEST_LINE for one in opened.opened)


def test_open_tracebacks_share_a_budget() -> None:
    opened = Tracebacks()
    for number in range(MOST_OPEN):
        opened.take("Traceback (most recent call last):", number)
        for _ in range(6):
            opened.opened[-1].add(f"    {'x' * 8_000}", number)
    assert opened.is_full()
    over = list(opened.finished(complete=False))
    assert [one.offset for one in over] == list(range(len(over)))
    assert sum(one.size for one in opened.opened) <= MOST_OPEN_BYTES
