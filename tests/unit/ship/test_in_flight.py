"""A chunk on its way: what it holds until it is acknowledged, and what becomes of its lines then."""

from pathlib import Path

import pytest

from logshipper.account import Account
from logshipper.follow.files import PlainFile
from logshipper.follow.reader import Reader, Reading
from logshipper.model import RejectedLine
from logshipper.parse.parser import TOO_LONG
from logshipper.ship.in_flight import InFlight, in_flight_of, oversize_in_flight
from tests.support.parsing import parser
from tests.support.request_lines import LINE, line

DIED = "DAMN ! worker 1 (pid: 7) died, killed by signal 9 :( trying respawn ...\n"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    (tmp_path / "app.log").write_text(line("/a", number=1) + DIED + line("/b", number=2) + LINE[:50] + "\n")
    return Reader(str(tmp_path / "app.log"), PlainFile(str(tmp_path / "app.log")))


@pytest.fixture
def flight(reader: Reader) -> InFlight:
    reading = reader.read(2**16)
    assert reading
    given = parser()
    return in_flight_of(reader, reading, given.parse(reading.chunk, given.memory("")))


def settled(flight: InFlight) -> Account:
    account = Account(read=flight.lines, in_flight=flight.lines)
    flight.count_into(account)
    return account


def test_it_knows_its_lines_its_points_and_where_it_ends(flight: InFlight, reader: Reader) -> None:
    assert (flight.lines, flight.written, flight.size) == (4, 2, reader.offset)
    assert flight.count >= flight.written
    assert not flight.acknowledged


def test_its_points_are_handed_out_once(flight: InFlight) -> None:
    assert len(flight.take_points()) == flight.count
    assert len(flight.take_points()) == 0


def test_acknowledged_it_balances(flight: InFlight) -> None:
    flight.acknowledge({}, print)
    account = settled(flight)
    assert flight.acknowledged
    assert (account.written, account.rejected.total(), account.in_flight, account.difference) == (2, 1, 0, 0)


def test_a_refused_point_is_a_rejected_line(flight: InFlight) -> None:
    flight.acknowledge({1: "field type conflict"}, print)
    assert flight.rejected[-1].line == line("/b", number=2).encode().rstrip(b"\n")
    assert "field type conflict" in flight.rejected[-1].reason
    account = settled(flight)
    assert (account.written, account.rejected.total(), account.difference) == (1, 2, 0)


def test_a_refused_event_costs_no_line(flight: InFlight) -> None:
    said: list[str] = []
    if flight.count == flight.written:
        pytest.skip("the event is not complete before the next line")
    flight.acknowledge({flight.written: "no"}, said.append)
    assert len(said) == 1
    assert settled(flight).difference == 0


def test_a_line_that_is_too_long_is_kept_at_once(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"x" * (2**20 + 5) + b"\n")
    reader = Reader(str(file), PlainFile(str(file)))
    readings: list[Reading] = []
    while reading := reader.read(2**16):
        readings.append(reading)
    kept: list[RejectedLine] = []
    flight = oversize_in_flight(reader, readings[0], kept.extend)
    assert kept[0].parts is not None
    assert b"".join(kept[0].parts()) == b"x" * (2**20 + 5)
    assert [rejected.reason for rejected in flight.rejected] == [TOO_LONG]
    flight.acknowledge({}, print)
    assert settled(flight).difference == 0


def test_a_line_that_cannot_be_kept_stays_unread(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"x" * (2**20 + 5) + b"\n")
    reader = Reader(str(file), PlainFile(str(file)))
    reading = reader.read(2**16)
    while reading and not reading.chunk.oversize:
        reading = reader.read(2**16)
    assert reading

    def full(lines: object) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        oversize_in_flight(reader, reading, full)
