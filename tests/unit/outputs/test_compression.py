"""Whether what is sent is compressed: found out by trying both ways; all without a clock."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.outputs.compression import LEAST, RARELY, Compression, is_loopback

Link = Callable[[bool, int], float]
"""Whether a write is compressed, and its bytes -> the seconds that it takes."""


def fast_link(packed: bool, size: int) -> float:
    """Packing takes longer than sending."""
    return 0.01 + size / 40e6 + (size / 100e6 if packed else 0.0)


def slow_link(packed: bool, size: int) -> float:
    """2 MB a second; gzip makes an eighth of it."""
    return 0.05 + size / 40e6 + (size / 100e6 + size / 16e6 if packed else size / 2e6)


def send(compression: Compression, link: Link, writes: int, size: int = 800_000) -> list[bool]:
    """Send bodies and return which were packed."""
    ways = []
    for _ in range(writes):
        packed = compression.choose(size)
        compression.note(packed, size, link(packed, size))
        ways.append(packed)
    return ways


def test_on_a_fast_link_nothing_is_packed_but_for_a_few_tries() -> None:
    ways = send(Compression(), fast_link, 2000)
    assert not ways[0]
    assert 3 <= sum(ways) <= 2000 / 32


def test_on_a_slow_link_everything_is_packed_but_for_a_few_tries() -> None:
    ways = send(Compression(), slow_link, 2000)
    assert sum(ways[:100]) > 70
    assert sum(ways[100:]) >= 1900 - 1900 / RARELY * 3


def test_the_clearer_it_is_the_more_rarely_the_other_way_is_tried() -> None:
    close = send(Compression(), lambda packed, size: 0.1 + 0.005 * packed, 5000)
    clear = send(Compression(), lambda packed, size: 0.1 + 0.2 * packed, 5000)
    assert sum(close) > 4 * sum(clear) > 0


def test_where_both_are_alike_nothing_is_packed() -> None:
    assert sum(send(Compression(), lambda packed, size: 0.1, 2000)) < 2000 / 16


def test_a_link_that_gets_slow_is_noticed_and_one_that_gets_fast_again_too() -> None:
    compression = Compression()
    send(compression, fast_link, 500)
    assert sum(send(compression, slow_link, 2 * RARELY)[-100:]) > 95
    assert sum(send(compression, fast_link, 2 * RARELY + 200)[-100:]) < 5


def test_bodies_of_one_size_are_compared_with_each_other() -> None:
    compression = Compression()
    for _ in range(300):  # far away small bodies take as long for themselves as large ones
        send(compression, slow_link, 1, 5000)
        send(compression, slow_link, 1)
    assert sum(send(compression, slow_link, 100)) > 95


@given(st.integers(0, LEAST - 1))
def test_small_bodies_are_sent_as_they_are(size: int) -> None:
    compression = Compression()
    assert not any(send(compression, slow_link, 20, size))


@given(st.integers(0, 10**7), st.floats(0, 100, exclude_min=True), st.booleans())
def test_what_the_settings_fix_is_done(size: int, seconds: float, fixed: bool) -> None:
    compression = Compression(fixed)
    assert send(compression, lambda packed, size: seconds, 20, size) == [fixed and size > 0] * 20


def test_a_body_is_packed_timed_and_named() -> None:
    times = iter([1.0, 3.0, 10.0, 10.5])
    compression, noted = Compression(True, clock=lambda: next(times)), []
    compression.note = lambda packed, size, seconds: noted.append((packed, size, seconds))  # type: ignore[method-assign]
    with compression.of(b"x" * 5000) as (body, headers):
        assert len(body) < 100
        assert headers == {"Content-Encoding": "gzip"}
    with compression.of(b"") as (body, headers):
        assert (body, headers) == (b"", {})
    assert noted == [(True, 5000, 2.0), (False, 0, 0.5)]


def test_a_write_that_failed_says_nothing_about_the_way() -> None:
    compression, noted = Compression(), []
    compression.note = lambda packed, size, seconds: noted.append(size)  # type: ignore[method-assign]
    with pytest.raises(OSError, match="away"), compression.of(b"x" * 5000):
        raise OSError("away")
    assert noted == []


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8086", True), ("http://127.9.9.9", True), ("http://[::1]:8086", True),
        ("https://localhost", True), ("http://influxdb:8086", False),
        ("http://10.0.0.1:8086", False), ("http://[fe80::1]", False), ("http://localhost.example.org", False),
    ],
)  # fmt: skip
def test_what_is_on_this_machine(url: str, here: bool) -> None:
    assert is_loopback(url) is here
