"""A partition settles its messages in order, and says from where the group goes on."""

from pathlib import Path

import pytest

from logshipper.account import Account
from logshipper.consume import partition as module
from logshipper.consume.partition import Partition
from logshipper.kafka.member import Received
from logshipper.ship.log_once import LogOnce
from logshipper.state.quarantine import Quarantine


def partition(tmp_path: Path) -> Partition:
    return Partition(Quarantine(tmp_path / "quarantine", "t-0"), Account(), LogOnce("consumer"))


def message(offset: int, value: bytes = b"m a=1 1\n") -> Received:
    return Received(("t", 0), offset, value, 1)


def test_messages_are_settled_in_order_whichever_is_acknowledged_first(tmp_path: Path) -> None:
    one = partition(tmp_path)
    (first, _), (second, points) = one.take(message(10)), one.take(message(11))
    assert list(points) == ["m a=1 1"]
    one.in_flight.acknowledge(second, second.sent.outcome())  # type: ignore[union-attr]
    assert (one.settle(), one.settled) == (0, None)
    one.in_flight.acknowledge(first, first.sent.outcome())  # type: ignore[union-attr]
    assert one.settle() == 16
    assert one.settled == 12, "the group continues after the last settled message"
    assert (one.account.written, one.account.difference) == (2, 0)


def test_what_is_in_flight_when_it_is_taken_away_was_not_read(tmp_path: Path) -> None:
    one = partition(tmp_path)
    one.take(message(1))
    one.give_back()
    assert (one.account.read, one.account.difference) == (0, 0)


def test_a_position_waits_until_bad_lines_are_in_quarantine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUARANTINE_PAUSE", 0.0)
    one = partition(tmp_path)
    blocked = tmp_path / "quarantine"
    blocked.write_text("a file in its place")
    tracked, _ = one.take(message(1, b"bad\n"))
    one.in_flight.acknowledge(tracked, tracked.sent.outcome())  # type: ignore[union-attr]
    assert (one.settle(), one.settled) == (0, None)
    assert one.problems
    blocked.unlink()
    assert (one.settle(), one.settled) == (4, 2)
    assert one.quarantine.lines.read_bytes() == b"bad\n"
    assert not one.problems
