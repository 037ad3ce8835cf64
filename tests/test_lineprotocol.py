"""Line protocol: the exact text of every escape, read back here and by InfluxDB itself."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper import lineprotocol
from logshipper.lineprotocol import Point, points
from tests.servers import Influxd, fetch


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("/a", "/a"), ("a b", r"a\ b"), ("a,b=c", r"a\,b\=c"), ("a\\b", "a\\b"), ("a\\", "a%5C"), ("a\\\\", "a\\%5C"),
        ("a\\,b", r"a%5C\,b"), ("\\ ", r"%5C\ "), ("a\nb", "a%0Ab"), ('"', '"'), ("#", "#"), ("", ""),
    ],
)  # fmt: skip
def test_tags(value: str, text: str) -> None:
    assert lineprotocol.tag(value) == text
    assert lineprotocol.tag_is_exact(value) == ("%" not in text)


@pytest.mark.parametrize(
    ("value", "text"), [('say "a"', r"say \"a\""), ("a\\", r"a\\"), ("a,b=c d", "a,b=c d"), ("a\nb", "a\nb")]
)
def test_strings(value: str, text: str) -> None:
    assert lineprotocol.string(value) == text


def test_names() -> None:
    assert lineprotocol.measurement("a b,c=d") == r"a\ b\,c=d"
    assert lineprotocol.key("a b,c=d") == r"a\ b\,c\=d"


def test_a_point_is_read_back() -> None:
    text = 'm\\ 1,t\\ 1=a\\,b n=-5i,x=1.5,s="a \\"b\\" \\\\, c=1",yes=true 17\nm n=1i\n'
    fields: dict[str, int | float | str | bool] = {"n": -5, "x": 1.5, "s": 'a "b" \\, c=1', "yes": True}
    assert list(points(text)) == [Point("m 1", {"t 1": "a,b"}, fields, 17), Point("m", {}, {"n": 1}, None)]


@pytest.mark.parametrize(
    "text", ["m", "m ", "m n", "m n=", "m,t n=1i", 'm s="a', "m n=1i x", "m n=1i 1 2", ",t=1 n=1i"]
)
def test_what_is_no_line_protocol_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(points(text + "\n"))


SPECIAL = st.text(st.sampled_from('\\,= "#\nab/%'), max_size=8)


@given(SPECIAL, SPECIAL)
def test_no_value_gets_out_of_its_place(tag: str, string: str) -> None:
    written = f'm,t={lineprotocol.tag(tag) or "-"},u=v s="{lineprotocol.string(string)}",n=1i 1\n'
    (point,) = points(written)
    assert point.fields == {"s": string, "n": 1}
    assert set(point.tags) == {"t", "u"}
    if tag and lineprotocol.tag_is_exact(tag):
        assert point.tags["t"] == tag


def test_influxdb_reads_back_the_same(influxd: Influxd, influx_db: str) -> None:
    dice = random.Random(1)
    texts = ["".join(dice.choice('\\,= "#ab/%') for _ in range(dice.randrange(1, 8))) for _ in range(500)]
    body = "".join(
        f'm,t={lineprotocol.tag(text)},u=v n={number}i,s="{lineprotocol.string(text)}" {number + 1}\n'
        for number, text in enumerate(texts)
    )
    status, answer = fetch(f"{influxd.url}/write?db={influx_db}&precision=ns", body.encode())
    assert status == 204, answer
    rows = {row["n"]: row for row in influxd.rows("SELECT * FROM m", influx_db)}
    assert len(rows) == len(texts)
    for number, text in enumerate(texts):
        assert (rows[number]["s"], rows[number]["u"]) == (text, "v")
        if lineprotocol.tag_is_exact(text):
            assert rows[number]["t"] == text
