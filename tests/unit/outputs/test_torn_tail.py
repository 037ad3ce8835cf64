"""Half a point at the end of a file is found, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper import line_protocol
from logshipper.outputs.torn_tail import torn_at

NAMES = st.text("ab ,=\\\"#'", min_size=1, max_size=5)
TEXTS = st.text('ab1 =,\\"\n\xe4', max_size=12) | st.sampled_from(
    ["Traceback\n  line 1\nx=", "a 1493995899894126257\nb"]
)


def made(name: str, tags: dict[str, str], fields: dict[str, str | int], time: int) -> bytes:
    labels = "".join(f",{line_protocol.key(tag)}={line_protocol.tag(value)}" for tag, value in tags.items())
    texts = ",".join(
        f'{line_protocol.key(key)}="{line_protocol.string(value)}"' if isinstance(value, str) else f"{key}={value}i"
        for key, value in fields.items()
    )
    return f"{line_protocol.measurement(name)}{labels} {texts} {time}\n".encode("latin-1")


POINTS = st.builds(
    made, NAMES, st.dictionaries(NAMES, NAMES, max_size=2),
    st.dictionaries(st.sampled_from("abc"), TEXTS | st.integers(-9, 9), min_size=1), st.integers(-(10**18), 10**19),
)  # fmt: skip


@given(st.lists(POINTS, min_size=1, max_size=4), POINTS, st.data())
def test_a_torn_point_is_cut_at_its_start_wherever_it_breaks_off(
    whole: list[bytes], last: bytes, data: st.DataObject
) -> None:
    body = b"".join(whole)
    cut = data.draw(st.integers(0, len(last) - 1))
    assert torn_at(body + last[:cut], is_all=True) == len(body)
    assert torn_at(body + last, is_all=True) == len(body + last)


@pytest.mark.parametrize(
    "text",
    [
        "", "notes", "notes of mine\nwithout an end", "bought 12\neggs", "[pid: 1] 12\nGET",
        '{"a": 1}\n{"a": 12}\n{',
        "# a comment 12\n# another", "x,1\ny,2\n", "time 1 1\n\n",
    ],
)  # fmt: skip
def test_other_files_are_left_alone(text: str) -> None:
    assert torn_at(text.encode(), is_all=True) in (None, len(text))


@pytest.mark.parametrize(
    "text",
    ["m n=1i 1\nm n=2i -5\n", "m n=1i 0\nm n=2\n", "m n=1i 1\nm x=T,y=3u 1700000000\n", "m n=1i 1\r\nm n=1i 2\r\n"],
)
def test_whole_points_with_unusual_times_or_formats_are_kept(text: str) -> None:
    assert torn_at(text.encode(), is_all=True) == len(text)


def test_the_tail_of_a_file_is_enough_if_a_point_ends_in_it() -> None:
    text = b'ext="a\n1 1\n" 17\nm n=1i 18\nm,uri=/ te'
    assert torn_at(text, is_all=False) == text.index(b"m,uri")
    assert torn_at(b"x" * 100, is_all=False) is None
