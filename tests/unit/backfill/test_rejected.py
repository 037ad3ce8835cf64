"""Quarantined lines are shipped once they match, with their original time; the others stay."""

from collections.abc import Callable
from pathlib import Path

import pytest

from logshipper.backfill.rejected import QuarantineShipper
from logshipper.deliver.retry import DeliveryContext
from logshipper.model import RejectedLine
from logshipper.outputs.protocol import Acknowledged
from logshipper.points import Points
from logshipper.state.quarantine import Quarantine
from tests.support.line_protocol_reader import points
from tests.support.parsing import PATH, parse, parser, texts
from tests.support.request_lines import line

LINES = [line("/a", number=1), "no request\n", line("/b", number=2)]


class Fake:
    """An output in memory, which refuses points with /refused."""

    connections = 0

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, given: Points) -> Acknowledged:
        refused = {index: "no" for index, text in enumerate(given) if "/refused" in text}
        self.written += [text for index, text in enumerate(given) if index not in refused]
        return Acknowledged(refused)

    def sync(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def box(tmp_path: Path) -> Callable[..., Quarantine]:
    def keep(*lines: str) -> Quarantine:
        quarantine, offset = Quarantine(tmp_path, PATH), 0
        for text in lines:
            quarantine.add([RejectedLine(1, offset, "no pattern matches", text.rstrip("\n").encode())])
            offset += len(text)
        return quarantine

    return keep


def ship(quarantine: Quarantine, *outputs: Fake) -> tuple[int, int]:
    return QuarantineShipper([outputs], 2, DeliveryContext(lambda event: None), lambda path: ([parser()], {})).ship(
        quarantine
    )


def test_lines_that_match_now_become_the_same_points_as_in_their_log(box: Callable[..., Quarantine]) -> None:
    quarantine, output = box(*LINES), Fake()
    assert ship(quarantine, output) == (2, 1)
    assert output.written == list(texts(parse("".join(LINES))))
    assert list(quarantine.read(quarantine.kept())) == [b"no request"]
    assert ship(quarantine, output) == (0, 1)


def test_a_line_refused_by_an_output_stays_in_the_quarantine(box: Callable[..., Quarantine]) -> None:
    quarantine, outputs = box(line("/refused"), line("/a", number=2)), (Fake(), Fake())
    assert ship(quarantine, *outputs) == (1, 1)
    assert [[point.tags["uri"] for point in points("\n".join(one.written))] for one in outputs] == [["/a"]] * 2


def test_an_emptied_quarantine_leaves_no_files(box: Callable[..., Quarantine]) -> None:
    quarantine = box(line("/a"))
    assert ship(quarantine, Fake()) == (1, 0)
    assert list(quarantine.lines.parent.iterdir()) == []
