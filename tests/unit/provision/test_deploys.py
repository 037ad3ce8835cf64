"""What a deploy changed: which messages and minutes count, and the words. tests/integration asks a real server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.model import SAME_DEPLOY
from logshipper.provision.deploys import (
    AROUND,
    Deploy,
    LastLook,
    Side,
    fields_of,
    in_words,
    line,
    neighbors,
    periods,
    same,
    together,
)

NOW = 1_770_000_000
DEPLOY = Deploy(NOW, NOW + 2, "reload")


def test_the_messages_of_one_reload_are_one_deploy_at_the_first_of_them() -> None:
    moments = [(NOW, "reload"), (NOW + 2, "start"), (NOW + 2 + SAME_DEPLOY + 1, "start")]
    assert together(moments) == [DEPLOY, Deploy(NOW + 123, NOW + 123, "start")]


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=30).map(sorted))
def test_a_later_message_changes_no_deploy_but_the_last(moments: list[int]) -> None:
    every = [(moment, "start") for moment in moments]
    firsts = [one.first for one in together(every)]
    assert [one.first for one in together(every[:-1])] == firsts[: len(together(every[:-1]))]
    assert all(before.last + SAME_DEPLOY < one.first for before, one, _ in neighbors(together(every)) if before)


def test_a_quarter_of_an_hour_before_and_after_counts_but_not_the_seconds_of_the_messages() -> None:
    assert periods(None, DEPLOY, None, NOW + 9_999) == ((NOW - AROUND, NOW), (NOW + 3, NOW + 3 + AROUND))


def test_another_deploy_ends_the_time_before_and_after() -> None:
    earlier, later = Deploy(NOW - 400, NOW - 300, "start"), Deploy(NOW + 500, NOW + 500, "start")
    assert periods(earlier, DEPLOY, later, NOW + 9_999) == ((NOW - 299, NOW), (NOW + 3, NOW + 500))
    assert periods(Deploy(NOW - 9_999, NOW - 9_999, "start"), DEPLOY, None, NOW + 9_999)[0] == (NOW - AROUND, NOW)


def test_what_is_to_come_does_not_count_yet() -> None:
    assert periods(None, DEPLOY, None, NOW + 60)[1] == (NOW + 3, NOW + 60)
    assert periods(None, DEPLOY, None, NOW)[1] == (NOW + 3, NOW + 3), "the message is newer than the clock"


@pytest.mark.parametrize(
    ("last", "seen"),
    [
        (LastLook(1_803), True),
        (LastLook(1_802), False),
        (LastLook(), False),
        (LastLook(1_803, {0, 1_860}), True),
        (LastLook(1_803, {60}), False),
        (LastLook(1_803, {1_800}), False),
    ],
    ids=["over", "not over", "never looked", "others' minutes", "a minute before", "a minute after"],
)
def test_what_is_over_is_seen_until_it_has_new_requests(last: LastLook, seen: bool) -> None:
    assert last.has_seen((61, 900), (903, 1_803)) is seen


def test_a_mark_says_what_changed_and_of_how_many_requests() -> None:
    before, after = Side((0, 900), 1_234, 45, 0.081), Side((903, 1_023), 99, 132, 3.0303)
    said = "p95 45 → 132 ms, errors 0.08 → 3.03 % (1,234 requests in 15 minutes before, 99 requests in 2 minutes after)"
    assert in_words(before, after) == said
    assert fields_of(DEPLOY, before, after) == {
        "kind": "reload", "text": said, "look_from": (NOW - 1_800) * 1000, "look_to": (NOW + 1_802) * 1000,
        "before_n": 1_234, "before_p95": 45.0, "before_errors": 0.081,
        "after_n": 99, "after_p95": 132.0, "after_errors": 3.0303,
    }  # fmt: skip


def test_without_requests_on_one_side_there_is_nothing_to_compare() -> None:
    some, none = Side((0, 60), 1, 7, 100.0), Side((0, 60))
    assert in_words(none, some) == "after: p95 7 ms, errors 100.00 % (1 request in 1 minute); no requests before"
    assert in_words(some, none) == "before: p95 7 ms, errors 100.00 % (1 request in 1 minute); no requests after"
    assert in_words(none, none) == "no requests before or after"
    assert not {"before_p95", "before_errors"} & fields_of(DEPLOY, none, some).keys()


def test_a_point_keeps_the_types_of_its_fields_and_leaves_out_empty_tags() -> None:
    fields: dict[str, str | float] = {"kind": "start", "before_n": 5, "before_p95": 7.0}
    assert line({"host": "a b", "path": ""}, fields, 60) == (
        'uwsgi_log_deploys,host=a\\ b kind="start",before_n=5i,before_p95=7.0 60'
    )


@pytest.mark.parametrize(("name", "quoted"), [("web1", "web1"), ("a'b", r"a\'b"), ("a\\b", r"a\\b")])
def test_a_host_of_any_name_is_quoted(name: str, quoted: str) -> None:
    assert same("host", name) == f"\"host\" = '{quoted}'"
