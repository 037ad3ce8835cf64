"""The points of events as rows."""

import subprocess
import sys

from logshipper.parse.form import TEXT
from logshipper.parse.row_form import ROWS
from tests.support.rows import rows_of, seen


def test_events_have_the_same_labels_and_fields_in_both_forms() -> None:
    labels = {"kind": "a b", "path": "/\xc3\xa9\\"}
    fields: dict[str, str | int] = {"message": 'say "x"\n\xc3\xa9', "pid": 7}
    text = TEXT.event(TEXT.labels("m", labels), fields, 5)
    row = ROWS.event(ROWS.labels("m", labels), fields, 5)
    assert seen(ROWS.collected([row])) == seen(rows_of(f"{text}\n"))


def test_events_with_the_same_fields_share_a_shape() -> None:
    labels = ROWS.labels("m", {"kind": "a"})
    first, second = (ROWS.event(labels, {"message": text}, 5) for text in "ab")
    assert first[0] is second[0]


def test_modules_for_rows_are_not_loaded_for_line_protocol() -> None:
    code = "import sys, logshipper.wiring.parsers; print([name for name in sys.modules if '.row_' in name])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
