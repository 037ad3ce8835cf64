"""Points as messages: keyed by host and log, no larger than allowed, in order."""

from hypothesis import given
from hypothesis import strategies as st

from logshipper.outputs.kafka_messages import LONGEST_KEY, TOO_LARGE, Keys, pack
from logshipper.points import Points

KEYS = Keys(["host", "path"])
A, B = "m,host=a,path=/x", "m,host=a,path=/xy"


def test_points_of_one_log_become_one_message() -> None:
    points = Points.of([f"{A} n={number}i {number}" for number in range(3)])
    (message,) = pack(points, KEYS, 1000).messages
    assert (message.key, message.body) == (b"a /x", points.body)


def test_messages_end_after_the_last_point_that_fits() -> None:
    points = Points.of(["m a=1 1", "m a=1 2", "m a=1 3"])
    assert [message.body for message in pack(points, KEYS, 16).messages] == [b"m a=1 1\nm a=1 2\n", b"m a=1 3\n"]


def test_each_log_has_messages_of_its_own() -> None:
    points = Points.of([f"{A} n=1 1", f"{B} n=2 2", f"{A},z=1 n=3 3", "m n=4 4"])
    found = {message.key: message.body for message in pack(points, KEYS, 1000).messages}
    assert found == {
        b"a /x": f"{A} n=1 1\n{A},z=1 n=3 3\n".encode(),
        b"a /xy": f"{B} n=2 2\n".encode(),
        None: b"m n=4 4\n",
    }


def test_a_point_without_the_tag_of_the_others_has_another_key() -> None:
    found = pack(Points.of(["m,host=a n=1 1", f"{A} n=2 2"]), KEYS, 1000).messages
    assert [message.key for message in found] == [b"a", b"a /x"]


def test_a_key_may_be_fixed_come_from_one_tag_or_be_none() -> None:
    points = Points.of([f"{A} n=1 1", f"{B} n=2 2"])
    assert [message.key for message in pack(points, Keys(fixed="k"), 1000).messages] == [b"k"]
    assert [message.key for message in pack(points, Keys(["host"]), 1000).messages] == [b"a"]
    assert [message.key for message in pack(points, Keys(), 1000).messages] == [None]


def test_a_key_is_never_long() -> None:
    (message,) = pack(Points.of([f"m,host={'h' * 5000} n=1 1"]), KEYS, 10_000).messages
    assert len(message.key or b"") == LONGEST_KEY


def test_a_point_that_is_too_large_is_rejected_alone() -> None:
    for others in (["m,host=a n=1 1"], ["m,host=b n=1 1"]):
        points = Points.of(["m,host=a n=0 0", f'm,host=a s="{"x" * 100}" 1', *others])
        packed = pack(points, KEYS, 50)
        assert packed.rejected == {1: TOO_LARGE}
        assert b"".join(message.body for message in packed.messages).count(b"\n") == 2


hosts = st.sampled_from(["", ",host=a", ",host=b,path=/x", r",host=a\ b\,c,path=/x", ",path=/x"])
values = st.sampled_from(["1", '"a\nb"', '",host=a,path=/x "', f'"{"x" * 70}"'])


@given(st.lists(st.tuples(hosts, values), min_size=1, max_size=20), st.integers(30, 200))
def test_every_point_is_in_one_message_or_rejected(heads: list[tuple[str, str]], limit: int) -> None:
    texts = [f"m{head} s={value} {number}" for number, (head, value) in enumerate(heads)]
    packed = pack(Points.of(texts), KEYS, limit)
    assert all(len(message.body) <= limit for message in packed.messages)
    assert sorted(packed.rejected) == [index for index, text in enumerate(texts) if len(text) + 1 > limit]
    bodies = b"".join(message.body for message in packed.messages)
    kept = [f"{text}\n".encode() for index, text in enumerate(texts) if index not in packed.rejected]
    assert len(bodies) == sum(map(len, kept))
    assert all(text in bodies for text in kept)
    for key in {message.key for message in packed.messages}:
        own = b"".join(message.body for message in packed.messages if message.key == key)
        positions = [own.index(text) for text in kept if text in own]
        assert positions == sorted(positions)
