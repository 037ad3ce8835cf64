"""After a full disk, everything is shipped again until the database cannot have lost anything."""

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
def guard(tmp_path: Path, clock: Clock) -> ReplayGuard:
    return ReplayGuard(tmp_path / "guard", "influxdb", clock)


def test_without_a_full_disk_nothing_is_replayed(guard: ReplayGuard) -> None:
    guard.went_away()
    guard.connected("writer-0", 1)
    guard.connected("writer-0", 2)
    assert (guard.active, guard.is_waiting()) == (False, False)


def test_after_a_full_disk_an_outage_starts_a_replay(guard: ReplayGuard) -> None:
    guard.disk_was_full()
    assert guard.active
    assert not guard.wants_replay()
    guard.went_away()
    assert guard.wants_replay()
    guard.replay_started()
    assert not guard.is_waiting()


def test_replays_are_spaced_out_to_leave_time_for_progress(guard: ReplayGuard, clock: Clock) -> None:
    guard.disk_was_full()
    guard.went_away()
    guard.replay_started()
    guard.went_away()
    assert (guard.is_waiting(), guard.wants_replay()) == (True, False)
    clock.now += AFTER_OUTAGE
    assert guard.wants_replay()


def test_a_new_connection_may_mean_an_unnoticed_restart(guard: ReplayGuard, clock: Clock) -> None:
    guard.disk_was_full()
    guard.went_away()
    guard.replay_started()
    for number in (1, 1, 2):
        guard.connected("writer-0", number)
    guard.connected("writer-1", 1)
    clock.now += AFTER_OUTAGE
    assert not guard.wants_replay()
    clock.now += AFTER_RECONNECT
    assert guard.wants_replay()


def test_the_guard_ends_after_enough_writes_without_an_outage(guard: ReplayGuard) -> None:
    guard.disk_was_full()
    guard.acknowledged(ENOUGH - 1)
    guard.went_away()
    guard.replay_started()
    guard.acknowledged(ENOUGH - 1)
    assert guard.active
    guard.acknowledged(1)
    assert not guard.active
    assert not guard.file.exists()


def test_the_guard_survives_a_restart_of_the_shipper(guard: ReplayGuard, tmp_path: Path) -> None:
    guard.disk_was_full()
    assert guard.file.stat().st_mode & 0o777 == 0o600
    assert ReplayGuard(tmp_path / "guard", "influxdb").active
