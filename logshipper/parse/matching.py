"""Which lines a pattern takes where not all of them are its own, and which no database would give back."""

from collections.abc import Sequence

from logshipper.parse.compiled_pattern import Plan
from logshipper.parse.encoder import Row

NOT_UTF8 = "not UTF-8"
NUL = "holds a NUL byte"


def match(
    plan: Plan, lines: Sequence[str], places: Sequence[int]
) -> tuple[dict[int, Row], dict[int, Row], Sequence[int]]:
    """Return the rows of the lines that a plan's tight form matches and of those that only the loose one does.

    Both by the lines' places; the third are the places of the other lines.
    """
    all_rows = plan.each.findall("\n".join(lines) + "\n")
    if len(all_rows) != len(lines):  # the pattern ran over an end of line; one line at a time it cannot
        all_rows = [(plan.each.findall(line + "\n") or [("", line)])[0] for line in lines]
    tight = {place: row[:-1] for row, place in zip(all_rows, places, strict=True) if not row[-1]}
    missed = [(place, line) for place, line in zip(places, lines, strict=True) if place not in tight]
    if plan.loose is None:
        return tight, {}, [place for place, _ in missed]
    loose, remaining = {}, []
    for place, line in missed:
        found = plan.loose.search(line)
        if found:
            loose[place] = (line, *found.groups(""))
        else:
            remaining.append(place)
    return tight, loose, remaining


def unfit_lines(lines: Sequence[str]) -> dict[int, str]:
    """Return the lines that no database would give back as they are: place -> reason."""
    unfit: dict[int, str] = {}
    for place, line in enumerate(lines):
        if "\0" in line:
            unfit[place] = NUL
        elif not line.isascii():
            try:
                line.encode("latin-1").decode("utf-8")
            except UnicodeDecodeError:
                unfit[place] = NOT_UTF8
    return unfit
