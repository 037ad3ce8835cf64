"""Matches single lines of a chunk, and finds lines that no database stores unchanged."""

from collections.abc import Sequence
from functools import partial

from logshipper.parse.compiled_pattern import CompiledPattern
from logshipper.parse.encoder import Row
from logshipper.parse.time_limit import in_time

NOT_UTF8 = "not UTF-8"
NUL = "holds a NUL byte"
# A text may hold one, such as that of a progress bar; a tag that does has probably taken several lines for one.
RETURN = "a tag holds a carriage return"


def match(
    compiled: CompiledPattern, lines: Sequence[str], indexes: Sequence[int]
) -> tuple[dict[int, Row], dict[int, Row], Sequence[int]]:
    """Return the rows of the lines that the tight form matches, those that only the loose form matches, and the rest.

    Rows are returned by the index of their line; of the rest, only the indexes.
    """
    all_rows = in_time(partial(_tight_rows, compiled), lines, len(lines), compiled.name)
    tight = {index: row[:-1] for row, index in zip(all_rows, indexes, strict=True) if not row[-1]}
    missed = [(index, line) for index, line in zip(indexes, lines, strict=True) if index not in tight]
    if compiled.loose is None:
        return tight, {}, [index for index, _ in missed]
    search = compiled.loose.search
    texts = [line for _, line in missed]
    all_found = in_time(lambda given: list(map(search, given)), texts, len(texts), compiled.name)
    loose, remaining = {}, []
    for (index, line), found in zip(missed, all_found, strict=True):
        if found:
            loose[index] = (line, *found.groups(""))
        else:
            remaining.append(index)
    return tight, loose, remaining


def _tight_rows(compiled: CompiledPattern, lines: Sequence[str]) -> list[Row]:
    rows: list[Row] = compiled.each.findall("\n".join(lines) + "\n")
    if len(rows) == len(lines):
        return rows
    # A match ran past the end of its line; match line by line.
    return [(compiled.each.findall(line + "\n") or [("", line)])[0] for line in lines]


def unfit_lines(lines: Sequence[str]) -> dict[int, str]:
    """Return the lines that no database stores unchanged, or that may be several lines: index -> reason."""
    unfit: dict[int, str] = {}
    for index, line in enumerate(lines):
        if "\0" in line:
            unfit[index] = NUL
            continue
        if not line.isascii():
            try:
                line.encode("latin-1").decode("utf-8")
            except UnicodeDecodeError:
                unfit[index] = NOT_UTF8
                continue
        if "\r" in line:
            unfit[index] = RETURN
    return unfit


def needs_escape(data: bytes) -> bool:
    """Return whether a text has a quote or a backslash, which a string in line protocol must escape."""
    return b'"' in data or b"\\" in data
