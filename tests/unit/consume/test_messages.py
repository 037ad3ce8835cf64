"""What a message becomes: points, rejected lines, and times where there were none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper import line_protocol
from logshipper.consume.messages import EMPTY, INVALID, batch_of, fingerprint
from logshipper.kafka.member import Received
from logshipper.model import Batch
from logshipper.points import Points, as_text

TIMESTAMP = 1_494_000_000_123


def batch(value: bytes) -> Batch:
    return batch_of(Received(("requests", 2), 7, value, TIMESTAMP))


def texts(value: bytes) -> list[str]:
    return list(as_text(batch(value).points))


@pytest.mark.parametrize(
    "point",
    [
        "m a=1 1",
        "m a=1i,b=t,c=-1.5e+3,d=5u 1494000000000000001",
        "m,host=a,path=/var/log/a\\ b.log a=1 -5",
        'm s="text with \\"quotes\\", commas, = and spaces" 1',
        'm s="two\nlines" 1',
        "m\\,x,a\\=b=c\\ d f\\ g=1 1",
        "m=1,a=b c=d 1",
    ],
)
def test_valid_points_pass_unchanged(point: str) -> None:
    made = batch(f"{point}\n{point}\n".encode())
    assert list(made.points) == [point, point]
    assert (made.lines, list(made.rejected), made.noise) == (2, [], {})


@pytest.mark.parametrize(
    "line", ["m", "m a", "m a=", "m a= 1", "m,a b=1 1", "m a=1,b 1", "m a=1 text", 'm s="open 1', ",a=1 1", "\xff\x00"]
)
def test_a_line_that_is_no_point_is_rejected_alone(line: str) -> None:
    made = batch(b"m a=1 1\n" + line.encode("latin-1") + b"\nm a=1 2\n")
    assert list(made.points) == ["m a=1 1", "m a=1 2"]
    assert [(one.line, one.reason) for one in made.rejected] == [(line.encode("latin-1"), INVALID)]
    assert made.lines == 3


def test_a_last_line_needs_no_newline_and_empty_lines_and_comments_are_no_points() -> None:
    made = batch(b"# comment\n\nm a=1 1")
    assert list(made.points) == ["m a=1 1"]
    assert (made.lines, dict(made.noise)) == (2, {"comment": 1})


def test_an_empty_message_is_rejected() -> None:
    (one,) = batch(b"").rejected
    assert (one.reason, one.line) == (EMPTY, b"")


def test_a_point_without_a_time_gets_that_of_the_message_and_one_of_its_own() -> None:
    made = texts(b"m a=1\nm a=2 5\nm a=3 \n")
    assert made == [f"m a=1 {TIMESTAMP}000000", "m a=2 5", f"m a=3 {TIMESTAMP}000002"]
    assert made == texts(b"m a=1\nm a=2 5\nm a=3 \n"), "the same message becomes the same points"


def test_a_message_is_known_by_topic_partition_and_offset() -> None:
    known = {fingerprint(Received((topic, 1), offset, b"", 0)) for topic in "ab" for offset in (1, 2)}
    assert len(known) == 4
    assert batch(b"bad").rejected[0].fingerprint == fingerprint(Received(("requests", 2), 7, b"", 0))


def test_points_that_the_output_rejects_are_found_in_the_message() -> None:
    outcome = batch(b"bad\nm a=1 1\nm a=2\n").sent().outcome({1: "conflict"})
    assert [(one.line, one.reason) for one in outcome.rejected] == [
        (b"bad", INVALID),
        (b"m a=2", "refused by the output: conflict"),
    ]
    assert outcome.written == 1


names = st.text(st.characters(max_codepoint=255, exclude_characters="\r"), min_size=1, max_size=8)
fields = names.map(lambda text: f'"{line_protocol.string(text)}"') | st.integers(-(2**60), 2**60).map("{}i".format)


@pytest.mark.slow
@given(st.lists(st.tuples(names, names, names, fields), min_size=1, max_size=5))
def test_whatever_this_program_writes_is_read_as_it_was(parts: list[tuple[str, str, str, str]]) -> None:
    made = [
        f"{line_protocol.measurement(name)},{line_protocol.key(tag)}={line_protocol.tag(value)} f={text} {number}"
        for number, (name, tag, value, text) in enumerate(parts)
    ]
    read = batch(Points.of(made).body)
    assert list(read.points) == made
    assert not read.rejected


@given(st.binary(max_size=200))
def test_every_line_of_any_message_is_a_point_a_comment_or_rejected(value: bytes) -> None:
    made = batch(value)
    assert made.lines == len(made.points) + len(made.rejected) + sum(made.noise.values())
