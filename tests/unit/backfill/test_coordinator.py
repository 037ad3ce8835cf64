"""The parent process of a backfill: its ledger decides what is left to ship."""

from pathlib import Path

from logshipper.account import Account
from logshipper.backfill.coordinator import Backfill, rate, shipped_before
from logshipper.backfill.ledger import Ledger
from logshipper.backfill.ranges import OldFile, old_file
from logshipper.backfill.worker import BackfillWork, FormGroup
from logshipper.outputs.file import FileOutput
from logshipper.parse.tag_limit import Limits
from tests.support.backfill_log import lines
from tests.support.parsing import parser


def old(folder: Path, text: str) -> OldFile:
    (folder / "app.log.1").write_text(text)
    found = old_file(str(folder / "app.log.1"), [[str(folder / "app.log")]])
    assert found
    return found


def backfill(folder: Path) -> tuple[Backfill, list[tuple[int, int]]]:
    progress: list[tuple[int, int]] = []
    points = [str(folder / "points.lp")]
    work = BackfillWork([FormGroup([parser()], [lambda: FileOutput(points)])], 1000, lambda event: None)
    made = Backfill(folder / "state", work, Limits(10_000), lambda done, whole, account: progress.append((done, whole)))
    return made, progress


def test_a_file_is_shipped_only_once_and_the_account_balances(tmp_path: Path) -> None:
    file = old(tmp_path, lines(300))
    (tmp_path / "state").mkdir()
    first, progress = backfill(tmp_path)
    first.run([file], 1)
    text = (tmp_path / "app.log.1").read_text()
    assert first.account.read == text.count("\n")
    assert first.account.difference == 0
    assert (progress[0], progress[-1]) == ((0, len(text)), (len(text), len(text)))
    second, _ = backfill(tmp_path)
    second.run([file], 1)
    assert second.account == Account()


def test_bytes_shipped_before_count_as_progress(tmp_path: Path) -> None:
    file, ledger = old(tmp_path, lines(10)), Ledger(tmp_path)
    assert shipped_before(ledger, file) == 0
    ledger.add(file, 0, 500)
    ledger.add(file, 700, 800)
    assert shipped_before(ledger, file) == 600


def test_the_rate_after_zero_seconds_is_not_an_error() -> None:
    assert rate(Account(read=10), 0.0) > 0
