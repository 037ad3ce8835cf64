"""CSV that a spreadsheet does not run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.viewer.csv_cells import CsvCells, harmless


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("=1+1", "'=1+1"), ("+cmd|x", "'+cmd|x"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
     ("\r=1", "'\r=1"), ("-5", "-5"), ("+1.5e-3", "+1.5e-3"), ("/a=1", "/a=1"), ("", ""), ("-", "'-")],
)  # fmt: skip
def test_formulas_get_an_apostrophe_and_numbers_do_not(cell: str, shown: str) -> None:
    assert harmless(cell) == shown


@given(
    st.lists(st.lists(st.text('=+-@a"\n,\xe9 1', max_size=5), min_size=2, max_size=3), max_size=5), st.integers(1, 7)
)
def test_rows_are_unchanged_however_the_text_is_cut(rows: list[list[str]], size: int) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    data, stream = text.getvalue().encode(), CsvCells()
    made = b"".join(stream.feed(data[start : start + size]) for start in range(0, len(data), size))
    made += stream.feed(b"", last=True)
    found = list(csv.reader(io.StringIO(made.decode(), newline="")))
    assert found == [[harmless(cell) for cell in row] for row in rows]
