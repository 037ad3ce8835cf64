"""Waiting for conditions."""

import pytest

from tests.support.waiting import wait_until


def test_waiting_returns_the_first_true_value() -> None:
    answers = iter([0, None, 7])
    assert wait_until(lambda: next(answers)) == 7


def test_a_timeout_names_the_condition() -> None:
    with pytest.raises(AssertionError, match="the rows: not within"):
        wait_until(lambda: False, deadline=0.05, what="the rows")
