"""The limit on a tag's values: the first ones are admitted, and a checkpoint restores them."""

from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.tag_limit import Hashes, TagLimit, value_hash


def test_the_first_values_are_admitted_and_stay_admitted() -> None:
    cap = TagLimit(2)
    assert [cap.admits("uri", value) for value in "abcab"] == [True, True, False, True, True]


def test_each_tag_has_its_own_limit() -> None:
    cap = TagLimit(1)
    assert cap.admits("uri", "/")
    assert cap.admits("method", "GET")


def test_the_values_at_an_earlier_point_can_be_retrieved() -> None:
    cap = TagLimit(10)
    cap.admits("uri", "a")
    counts = cap.counts()
    cap.admits("uri", "b")
    cap.admits("method", "GET")
    assert {tag: list(hashes) for tag, hashes in cap.values(counts).items()} == {"uri": [value_hash("a")]}


def test_a_limit_restored_from_a_checkpoint_admits_the_same_values() -> None:
    cap = TagLimit(2, {"uri": [value_hash("a"), value_hash("b")]})
    assert [cap.admits("uri", value) for value in "abc"] == [True, True, False]


def test_order_matters_only_while_a_tag_fills_up() -> None:
    cap = TagLimit(3, {"uri": [value_hash("a")]})
    assert not cap.is_closing(2)
    assert cap.is_closing(3)
    assert cap.is_closing(10)
    cap.admits("uri", "b")
    cap.admits("uri", "c")
    assert not TagLimit(3, cap.values(cap.counts())).is_closing(3)


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5)), st.integers(0, 20))
def test_hashes_are_an_ordered_set_with_a_limit(numbers: list[int], limit: int) -> None:
    hashes, expected = Hashes(), dict[int, None]()
    for number in numbers:
        if len(expected) < limit:
            expected[number] = None
        assert hashes.take(number, limit) == (number in expected)
    assert (list(hashes.order), len(hashes)) == (list(expected), len(expected))
    assert all(Hashes(hashes.order).take(number, 0) for number in expected)
