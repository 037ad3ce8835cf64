"""CSV that a spreadsheet does not run: a cell that begins like a formula gets an apostrophe in front."""

import csv
import io
import re

_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def harmless(cell: str) -> str:
    """Return a cell as it may be opened: numbers stay as they are."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


class CsvCells:
    """Makes the cells of a CSV text harmless while it streams by."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """Take a part of the text and return the whole rows that are ready; with `last` all of it."""
        data = self._rest + data
        end = len(data) if last else _end_of_rows(data)
        self._rest = data[end:]
        made = io.StringIO()
        rows = csv.reader(io.StringIO(data[:end].decode("utf-8", "replace"), newline=""))
        csv.writer(made).writerows([harmless(cell) for cell in row] for row in rows)
        return made.getvalue().encode()


def _end_of_rows(data: bytes) -> int:
    """Return the offset after the last newline outside of quotes; 0 if there is none."""
    end = data.rfind(b"\n") + 1
    while end and data.count(b'"', 0, end) % 2:
        end = data.rfind(b"\n", 0, end - 1) + 1
    return end
