"""What an output may raise: each error says how the delivery should react."""

import pytest

from logshipper.outputs.protocol import OutputError, Rejected, RetryLater, TooLarge


@pytest.mark.parametrize(
    "error", [RetryLater("server", "two\n  lines"), TooLarge("two\nlines"), Rejected("two lines\n")]
)
def test_a_reason_is_always_one_line(error: OutputError) -> None:
    assert error.reason == "two lines"


def test_retry_later_has_a_kind_and_may_have_a_time() -> None:
    error = RetryLater("busy", "429", 7.0)
    assert (error.kind, error.retry_after) == ("busy", 7.0)
    assert RetryLater("connection", "refused").retry_after is None


def test_no_error_is_a_kind_of_another() -> None:
    kinds = (RetryLater, TooLarge, Rejected)
    assert all(issubclass(kind, OutputError) for kind in kinds)
    assert not any(issubclass(one, other) for one in kinds for other in kinds if one is not other)
