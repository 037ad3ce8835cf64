"""Implausible times are reported once, with the setting that fixes them."""

import pytest

from logshipper.points import Points
from logshipper.ship.time_check import OFTEN, TimeCheck

NOW = 1_800_000_000.0
HOUR = 3600.0


def points(ahead: float) -> Points:
    return Points.of([f"uwsgi_log status=200i {int((NOW + ahead) * 1e9)}"])


def test_a_request_in_the_future_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    check = TimeCheck("a.log")
    check.see(points(200), NOW, fresh=False)
    assert caplog.messages == []
    for _ in range(2):
        check.see(points(2 * HOUR), NOW, fresh=False)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("a.log: the newest request is 2 h in the future; ")
    assert "set timezone (run --timezone UTC)" in caplog.messages[0]


def test_a_log_that_is_always_hours_late_is_reported_as_in_another_zone(caplog: pytest.LogCaptureFixture) -> None:
    check = TimeCheck("a.log")
    for late in range(OFTEN):
        check.see(points(-5.5 * HOUR - 10 * late), NOW, fresh=True)
    assert [message.partition(";")[0] for message in caplog.messages] == [
        "a.log: each new request is 5 h 30 min old when it is written"
    ]


@pytest.mark.parametrize(
    ("lateness", "fresh"),
    [
        ([-HOUR] * 9, False),  # an old file, or what was written while we were stopped
        ([-1.0] * 9, True),
        ([-HOUR, -1.0, -HOUR, -1.0, -HOUR, -1.0], True),  # long requests
        ([-900.0] * 9, True),
    ],
)
def test_a_log_whose_times_may_be_right_is_not_reported(
    lateness: list[float], fresh: bool, caplog: pytest.LogCaptureFixture
) -> None:
    check = TimeCheck("a.log")
    for late in lateness:
        check.see(points(late), NOW, fresh=fresh)
    check.see(Points(), NOW, fresh=fresh)
    assert caplog.messages == []
