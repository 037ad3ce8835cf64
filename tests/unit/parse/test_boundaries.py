"""A file is cut before a request line that follows another one."""

from logshipper.parse.boundaries import is_request, next_start
from tests.support.parsing import parser
from tests.support.request_lines import line

TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: x\n'


def test_the_first_line_may_be_torn_and_the_next_may_end_something() -> None:
    block = ("torn\n" + line("/1") + line("/2") + line("/3")).encode()
    assert block[next_start(block, parser()) :].decode() == line("/2") + line("/3")


def test_nothing_longer_than_a_line_is_cut() -> None:
    block = ("torn\n" + line("/1") + TRACEBACK + line("/2") + line("/3")).encode()
    assert block[next_start(block, parser()) :].decode() == line("/3")


def test_a_block_may_have_no_such_place() -> None:
    assert next_start(TRACEBACK.encode(), parser()) == -1
    assert next_start(b"", parser()) == -1


def test_a_request_becomes_a_point() -> None:
    assert is_request(line("/").encode(), parser())
    assert not is_request(b"hello\n", parser())
