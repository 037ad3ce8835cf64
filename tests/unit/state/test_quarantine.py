"""Lines that did not become points are kept once, byte for byte, with the reason."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.model import RejectedLine
from logshipper.printable import keep_secret
from logshipper.state.quarantine import OffsetSet, Quarantine, quarantines

BAD = [RejectedLine(1, 0, "no pattern matches", b"one"), RejectedLine(1, 40, "not UTF-8", b"\xff\x00two")]


def kept(box: Quarantine) -> list[tuple[bytes, str]]:
    data = box.lines.read_bytes()
    notes = [json.loads(note) for note in box.reasons.read_text().splitlines()]
    return [(data[note["position"] :][: note["length"]], note["reason"]) for note in notes]


@pytest.fixture
def box(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path / "quarantine", "/var/log/app.log")


def test_lines_are_kept_with_their_reasons(box: Quarantine) -> None:
    assert box.add(BAD) == 2
    assert kept(box) == [(b"one", "no pattern matches"), (b"\xff\x00two", "not UTF-8")]
    assert box.lines.read_bytes() == b"one\n\xff\x00two\n"
    for file in (box.lines, box.reasons):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_kept_lines_can_be_read_again_and_forgotten(box: Quarantine) -> None:
    box.add(BAD)
    first, second = box.kept()
    assert (*box.read([first, second]), second.reason) == (b"one", b"\xff\x00two", "not UTF-8")
    box.forget([first])
    assert list(box.read(box.kept())) == [b"\xff\x00two"]
    assert box.add(BAD) == 1  # only what was forgotten
    assert list(box.read(box.kept())) == [b"\xff\x00two", b"one"]


def test_the_quarantines_in_a_folder_are_found(box: Quarantine) -> None:
    assert list(quarantines(box.lines.parent)) == []
    box.add(BAD)
    (found,) = quarantines(box.lines.parent)
    assert (found.path, found.lines) == (box.path, box.lines)


def test_without_rejected_lines_no_file_is_created(box: Quarantine) -> None:
    assert box.add([]) == 0
    assert not box.lines.parent.exists()


def test_a_line_rejected_again_is_kept_once_even_after_a_restart(box: Quarantine, tmp_path: Path) -> None:
    box.add(BAD)
    again = Quarantine(tmp_path / "quarantine", "/var/log/app.log")
    assert again.add([*BAD, RejectedLine(2, 0, "other file", b"three")]) == 1
    assert [line for line, _ in kept(again)] == [b"one", b"\xff\x00two", b"three"]


def test_lines_that_are_read_again_are_kept_once_among_new_ones(box: Quarantine) -> None:
    lines = [RejectedLine(1, offset, "no pattern matches", b"%d" % offset) for offset in range(10)]
    assert [box.add(lines[start:end]) for start, end in ((4, 6), (0, 5), (3, 8), (0, 10), (0, 10))] == [2, 4, 2, 2, 0]
    assert sorted(line for line, _ in kept(box)) == [b"%d" % offset for offset in range(10)]


def test_while_all_lines_are_new_none_of_them_stays_in_memory(box: Quarantine) -> None:
    for offset in range(50):
        box.add([RejectedLine(1, offset, "no pattern matches", b"x")])
    assert (box._ends, box._kept) == ({1: 49}, None)
    assert box.add([RejectedLine(1, 7, "no pattern matches", b"x")]) == 0
    box.add([RejectedLine(1, 50, "no pattern matches", b"x")])
    assert (box._ends, box._kept) == ({1: 50}, None)


def test_half_written_records_are_removed_after_a_crash(box: Quarantine, tmp_path: Path) -> None:
    box.add(BAD[:1])
    with box.lines.open("ab") as opened:
        opened.write(b"half a li")
    with box.reasons.open("ab") as opened:
        opened.write(b'{"path": "/var')
    again = Quarantine(tmp_path / "quarantine", "/var/log/app.log")
    again.add(BAD)
    assert again.lines.read_bytes() == b"one\n\xff\x00two\n"
    assert len(kept(again)) == 2


def test_a_damaged_reason_does_not_affect_other_lines(box: Quarantine, tmp_path: Path) -> None:
    box.add(BAD[:1])
    box.add(BAD[1:])
    text = box.reasons.read_text()
    box.reasons.write_text(text.replace('{"path"', '<"path"', 1))
    again = Quarantine(tmp_path / "quarantine", "/var/log/app.log")
    again.add([RejectedLine(3, 0, "new", b"three")])
    assert again.lines.read_bytes() == b"one\n\xff\x00two\nthree\n"


def test_a_note_without_its_values_is_skipped_when_lines_are_read_again(box: Quarantine) -> None:
    box.add(BAD)
    first, second = box.reasons.read_text().splitlines()
    box.reasons.write_text(first.replace('"position"', '"p"') + "\n" + second + "\n")
    assert list(box.read(box.kept())) == [b"\xff\x00two"]


def test_after_a_disk_failure_the_next_attempt_keeps_each_line_once(
    box: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.add(BAD[:1])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _fail)
        with pytest.raises(OSError, match="No space"):
            box.add(BAD)
    assert box.add(BAD) == 1
    assert box.lines.read_bytes() == b"one\n\xff\x00two\n"


def _fail(handle: int) -> None:
    raise OSError(28, os.strerror(28))


def test_a_long_line_is_written_in_parts(box: Quarantine) -> None:
    box.add([RejectedLine(1, 0, "longer than the limit of a line", parts=lambda: [b"a" * 10, b"b"])])
    assert kept(box) == [(b"aaaaaaaaaab", "longer than the limit of a line")]


@pytest.mark.parametrize("which", ["lines", "reasons"])
def test_a_planted_link_is_refused(box: Quarantine, tmp_path: Path, which: str) -> None:
    box.lines.parent.mkdir()
    getattr(box, which).symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        box.add(BAD)
    assert not (tmp_path / "target").exists()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**63)), max_size=50))
def test_an_offset_set_holds_exactly_what_was_added(offsets: list[tuple[int, int]]) -> None:
    found = OffsetSet()
    for offset_in_content in offsets:
        found.add(*offset_in_content)
    assert all(found.holds(*offset_in_content) for offset_in_content in offsets)
    assert [found.holds(0, offset) for offset in range(5)] == [(0, offset) in offsets for offset in range(5)]


def test_a_reason_contains_no_secret_and_no_control_character(box: Quarantine) -> None:
    keep_secret("t0ken-t0ken")
    box.add([RejectedLine(1, 0, "refused by the output: Token t0ken-t0ken\x1b[2J", b"t0ken-t0ken")])
    assert kept(box) == [(b"t0ken-t0ken", "refused by the output: Token ***\\x1b[2J")]
