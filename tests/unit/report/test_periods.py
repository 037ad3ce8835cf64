"""Which period is reported, and which one it is compared with."""

from logshipper.report.periods import HOUR, LONGEST_BEFORE, MINUTE, SECOND, Period, last_period, since_deploy

NOW = 1_770_000_000 * SECOND


def test_a_period_ends_with_the_last_request_and_the_one_before_is_as_long() -> None:
    found = last_period(NOW + 5, HOUR)
    assert found.now == Period(NOW + SECOND - HOUR, NOW + SECOND)
    assert found.before == Period(NOW + SECOND - 2 * HOUR, NOW + SECOND - HOUR)
    assert found.now.seconds == 3600


def test_a_deploy_divides_what_came_before_and_after_it() -> None:
    found = since_deploy([NOW - 5 * HOUR, NOW - 2 * HOUR], NOW)
    assert found
    assert (found.before.start, found.before.end, found.deploy) == (NOW - 5 * HOUR, found.now.start, NOW - 2 * HOUR)
    assert (found.now.start, found.now.end) == (NOW - 2 * HOUR + SECOND, NOW + SECOND)


def test_the_messages_of_one_reload_are_one_deploy() -> None:
    found = since_deploy([NOW - 5 * HOUR, NOW - 2 * HOUR, NOW - 2 * HOUR + 3 * SECOND], NOW)
    assert found
    assert (found.before.start, found.deploy) == (NOW - 5 * HOUR, NOW - 2 * HOUR + 3 * SECOND)


def test_attempts_shortly_before_say_little() -> None:
    found = since_deploy([NOW - 9 * HOUR, NOW - HOUR - 10 * MINUTE, NOW - HOUR - 5 * MINUTE, NOW - HOUR], NOW)
    assert found
    assert found.before.start == NOW - 9 * HOUR


def test_a_first_deploy_is_compared_with_the_week_before() -> None:
    found = since_deploy([NOW - HOUR], NOW)
    assert found
    assert found.before.start == found.before.end - LONGEST_BEFORE


def test_a_deploy_after_the_last_request_leaves_an_empty_period() -> None:
    found = since_deploy([NOW - HOUR, NOW + 7 * SECOND], NOW)
    assert found
    assert found.now.seconds == 0


def test_there_may_be_no_deploy() -> None:
    assert since_deploy([], NOW) is None
