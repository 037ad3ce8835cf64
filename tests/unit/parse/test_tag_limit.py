"""The limits on a tag's values and on names: the first ones are admitted, and a checkpoint restores them."""

from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.tag_limit import (
    LONGEST_NAME,
    MEASUREMENTS,
    NAMES,
    TOO_LONG_NAME,
    TOO_MANY_MEASUREMENTS,
    TOO_MANY_NAMES,
    Hashes,
    Limits,
    TagLimit,
    value_hash,
)


def test_the_first_values_are_admitted_and_stay_admitted() -> None:
    cap = TagLimit(Limits(2))
    assert [cap.admits("uri", value) for value in "abcab"] == [True, True, False, True, True]


def test_each_tag_has_its_own_limit() -> None:
    cap = TagLimit(Limits(1))
    assert cap.admits("uri", "/")
    assert cap.admits("method", "GET")


def test_the_values_at_an_earlier_point_can_be_retrieved() -> None:
    cap = TagLimit(Limits(10))
    cap.admits("uri", "a")
    counts = cap.counts()
    cap.admits("uri", "b")
    cap.admits("method", "GET")
    assert {tag: list(hashes) for tag, hashes in cap.values(counts).items()} == {"uri": [value_hash("a")]}


def test_a_limit_restored_from_a_checkpoint_admits_the_same_values() -> None:
    cap = TagLimit(Limits(2), {"uri": [value_hash("a"), value_hash("b")]})
    assert [cap.admits("uri", value) for value in "abc"] == [True, True, False]


def test_order_matters_only_while_a_tag_fills_up() -> None:
    cap = TagLimit(Limits(3), {"uri": [value_hash("a")]})
    assert not cap.is_closing(2)
    assert cap.is_closing(3)
    assert cap.is_closing(10)
    cap.admits("uri", "b")
    cap.admits("uri", "c")
    assert not TagLimit(Limits(3), cap.values(cap.counts())).is_closing(3)


def test_the_first_measurements_are_admitted_and_stay_admitted() -> None:
    cap = TagLimit(Limits(9, measurements=2))
    assert [cap.surplus_measurement(name) for name in "abca"] == ["", "", TOO_MANY_MEASUREMENTS, ""]


def test_names_count_for_each_measurement_and_are_admitted_together_or_not_at_all() -> None:
    cap = TagLimit(Limits(9, names=3))
    assert cap.surplus_names("m", ["a", "b"]) == ""
    assert cap.surplus_names("n", ["a", "b"]) == TOO_MANY_NAMES
    assert cap.surplus_names("n", ["a"]) == ""
    assert cap.surplus_names("m", ["b", "a"]) == ""


def test_a_name_may_not_be_too_long() -> None:
    cap = TagLimit(Limits(9))
    longest = "x" * LONGEST_NAME
    assert [cap.surplus_measurement(name) for name in (longest, longest + "x")] == ["", TOO_LONG_NAME]
    assert [cap.surplus_names("m", [name]) for name in (longest, longest + "x")] == ["", TOO_LONG_NAME]


def test_names_are_restored_from_a_checkpoint_and_are_no_values_of_a_tag() -> None:
    cap = TagLimit(Limits(9, measurements=1, names=1))
    cap.surplus_measurement("m")
    cap.surplus_names("m", ["a"])
    assert (cap.counts(), cap.tag_counts()) == ({MEASUREMENTS: 1, NAMES: 1}, {})
    restored = TagLimit(Limits(9, measurements=1, names=1), cap.values(cap.counts()))
    assert (restored.surplus_measurement("n"), restored.surplus_names("n", "a")) == (
        TOO_MANY_MEASUREMENTS,
        TOO_MANY_NAMES,
    )
    assert (restored.surplus_measurement("m"), restored.surplus_names("m", "a")) == ("", "")


def test_what_was_admitted_since_can_be_forgotten() -> None:
    cap = TagLimit(Limits(9, measurements=2))
    cap.admits("uri", "a")
    cap.surplus_measurement("m")
    counts = cap.counts()
    cap.admits("uri", "b")
    cap.surplus_measurement("n")
    assert not cap.takes_measurements
    cap.rewind(counts)
    assert (cap.counts(), cap.takes_measurements) == (counts, True)


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5)), st.integers(0, 20))
def test_hashes_are_an_ordered_set_with_a_limit(numbers: list[int], limit: int) -> None:
    hashes, expected = Hashes(), dict[int, None]()
    for number in numbers:
        if len(expected) < limit:
            expected[number] = None
        assert hashes.take(number, limit) == (number in expected)
    assert (list(hashes.order), len(hashes)) == (list(expected), len(expected))
    assert all(Hashes(hashes.order).take(number, 0) for number in expected)
