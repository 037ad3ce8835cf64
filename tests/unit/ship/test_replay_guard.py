"""A database whose disk was full is asked again what it has taken, until it can have forgotten nothing."""

from pathlib import Path

import pytest

from logshipper.ship.replay_guard import AFTER_OUTAGE, AFTER_RECONNECT, ENOUGH, ReplayGuard


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def distrust(tmp_path: Path, clock: Clock) -> ReplayGuard:
    return ReplayGuard(tmp_path / "distrust", "influxdb", clock)


def test_without_a_full_disk_nothing_is_repeated(distrust: ReplayGuard) -> None:
    distrust.went_away()
    distrust.connected("writer-0", 1)
    distrust.connected("writer-0", 2)
    assert (distrust.active, distrust.is_waiting()) == (False, False)


def test_after_a_full_disk_an_outage_asks_for_a_repetition(distrust: ReplayGuard) -> None:
    distrust.disk_was_full()
    assert distrust.active
    assert not distrust.wants_repetition()
    distrust.went_away()
    assert distrust.wants_repetition()
    distrust.repeated()
    assert not distrust.is_waiting()


def test_repetitions_leave_time_to_get_on(distrust: ReplayGuard, clock: Clock) -> None:
    distrust.disk_was_full()
    distrust.went_away()
    distrust.repeated()
    distrust.went_away()
    assert (distrust.is_waiting(), distrust.wants_repetition()) == (True, False)
    clock.now += AFTER_OUTAGE
    assert distrust.wants_repetition()


def test_a_new_connection_may_be_a_restart_that_nobody_noticed(distrust: ReplayGuard, clock: Clock) -> None:
    distrust.disk_was_full()
    distrust.went_away()
    distrust.repeated()
    for number in (1, 1, 2):
        distrust.connected("writer-0", number)
    distrust.connected("writer-1", 1)
    clock.now += AFTER_OUTAGE
    assert not distrust.wants_repetition()
    clock.now += AFTER_RECONNECT
    assert distrust.wants_repetition()


def test_trust_comes_back_when_enough_was_taken_without_an_outage(distrust: ReplayGuard) -> None:
    distrust.disk_was_full()
    distrust.taken(ENOUGH - 1)
    distrust.went_away()
    distrust.repeated()
    distrust.taken(ENOUGH - 1)
    assert distrust.active
    distrust.taken(1)
    assert not distrust.active
    assert not distrust.file.exists()


def test_a_restart_of_the_shipper_does_not_forget_it(distrust: ReplayGuard, tmp_path: Path) -> None:
    distrust.disk_was_full()
    assert distrust.file.stat().st_mode & 0o777 == 0o600
    assert ReplayGuard(tmp_path / "distrust", "influxdb").active
