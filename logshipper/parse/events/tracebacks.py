"""Assembles Python tracebacks line by line, even when several processes write theirs at once.

Python writes a traceback line by line, and without log-master the lines of two workers may alternate. A line does not
name its process, so it goes to the traceback that it continues best: a frame to the one whose last source line calls
that function, the exception to the longest, anything else to the one that was continued last. When a line fits several
equally well, two tracebacks may swap it: the text does not say whose it is.

What this is worth: four workers of uWSGI 2.0.30 raised 2,000 times through one of eight chains of 7 to 9 functions,
with eight clients on two cores. Wrong or broken: 286 of 2,000 (14 %), and 398 (20 %) if a header ends the traceback
before it and only one is open; with traceback.print_exc(), which writes a frame at a time, 43 (2 %) and 184 (9 %).
Without it, 2,900 and 3,900 lines would also be output of their own instead of 82 and 0. Flask's and logging's
tracebacks are one write: none was wrong either way. To repeat it, give each chain its own function names and compare
those in the events. The one that has waited longest must not take the line: a traceback whose end was lost would take
lines of all later ones.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_HEADERS = ("Traceback (most recent call last):", "  + Exception Group Traceback (most recent call last):")
_FRAME = re.compile(r'  File "(.*)", line (\d+)(?:, in (.*))?$')
_SOURCE = re.compile(r"    |  \[Previous line repeated ")
_MARKS = re.compile(r"    [\s~^]+$")
_GROUP = re.compile(r"\s+[|+]")
# `module.SomeError: message`; without a message only a name that ends like an exception's.
_EXCEPTION = re.compile(
    r"(?P<type>(?:[A-Za-z_]\w*\.)*[A-Z_]\w*)(?:: (?P<message>.*)|:?$)|(?P<module>[a-z_]\w*(?:\.\w+)+): (?P<text>.*)"
)
_CHAIN = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_LIBRARY = re.compile(r"/(?:site|dist)-packages/|/lib/python\d|^<frozen ")
# What is kept of one traceback, whatever an application prints into it, and of all that are open.
MOST_LINES, MOST_BYTES, LONGEST_LINE = 500, 32_768, 8_192
MOST_OPEN, MOST_OPEN_BYTES = 16, 262_144


@dataclass(slots=True)
class Traceback:
    """An open traceback; `offset` is that of its first line, `touched` of its latest, `time` that of its first."""

    offset: int
    touched: int
    lines: list[str]
    complete: bool = False
    time: int | None = None
    size: int = field(init=False)

    def __post_init__(self) -> None:
        """Count the bytes that are kept."""
        self.lines = [_shortened(line) for line in self.lines]
        self.size = sum(map(len, self.lines))

    @property
    def text(self) -> str:
        """All lines, with the blank ones around a chain of exceptions restored."""
        return "\n".join(f"\n{line}\n" if line in _CHAIN else line for line in self.lines)

    @property
    def exception(self) -> tuple[str, str]:
        """The type and the message of the last exception; empty if there is none yet."""
        for line in reversed(self.lines):
            found = _EXCEPTION.match(line.lstrip(" |"))
            if found and not line.startswith("    ") and line not in _HEADERS:
                return found["type"] or found["module"], found["message"] or found["text"] or ""
        return "", ""

    @property
    def frame(self) -> str:
        """The last frame outside the libraries, else the last frame, as `FILE:LINE in NAME`; "" for none."""
        frames = [found for line in self.lines if (found := _FRAME.match(re.sub(r"^\s+\| ", "  ", line)))]
        own = [found for found in frames if not _LIBRARY.search(found[1])]
        return "".join(f"{found[1]}:{found[2]} in {found[3] or '?'}" for found in (own or frames)[-1:])

    def fit(self, line: str) -> int:
        """Return how well the line continues this traceback: 0 not at all, 3 best."""
        last = self.lines[-1]
        if self.complete or last in _CHAIN or "Group" in self.lines[0]:
            begins = line in _HEADERS if last in _CHAIN else _GROUP.match(line)
            return 2 if (line in _CHAIN if self.complete else begins) else 0
        source = next((kept for kept in reversed(self.lines) if not _MARKS.match(kept)), last)
        after_frame, after_source = bool(_FRAME.match(last)), bool(_SOURCE.match(last))
        if _MARKS.match(line):
            score = 2 if after_source and source is last else 0
        elif _SOURCE.match(line):
            score = 2 if after_frame else int(after_source)
        elif frame := _FRAME.match(line):
            calls = bool(frame[3]) and frame[3] in source and not after_frame
            score = 3 if calls else 1 if after_frame or after_source else 2
        else:
            score = 2 if (after_frame or after_source) and is_exception(line) else 0
        return score

    def add(self, line: str, offset: int) -> None:
        """Append the line; past the limits, only the last line that is no frame is kept."""
        self.touched = offset
        kept = _shortened(line)
        if len(self.lines) < MOST_LINES and self.size < MOST_BYTES:
            self.lines.append(kept)
            self.size += len(kept)
        elif not line.startswith(" "):
            self.size += len(kept) - len(self.lines[-1])
            self.lines[-1] = kept
        if line in _CHAIN or line in _HEADERS:
            self.complete = False
        elif not line.startswith(" "):
            self.complete = True


class Tracebacks:
    """The open tracebacks of one log."""

    def __init__(self, opened: list[Traceback] | None = None) -> None:
        self.opened = opened or []

    def take(self, line: str, offset: int, time: int | None = None) -> bool:
        """Take the line if it is part of a traceback; return whether it was."""
        if not self.could_take(line):
            return False
        begins = line in _HEADERS
        ends = not line.startswith(" ") and not begins
        chains = line in _CHAIN  # only these continue a complete traceback, and there may be many complete ones
        scores = [
            (one.fit(line), len(one.lines) if ends else 0, one.touched, index)
            for index, one in enumerate(self.opened)
            if chains or not one.complete
        ]
        score, _, _, index = max(scores, default=(0, 0, 0, 0))
        if score:
            self.opened[index].add(line, offset)
        elif begins:
            self.opened.append(Traceback(offset, offset, [line], time=time))
        return bool(score) or begins

    def could_take(self, line: str) -> bool:
        """Return whether the line begins a traceback or may belong to an open one."""
        if not self.opened:
            return line in _HEADERS
        return line.startswith(" ") or line in _HEADERS or line in _CHAIN or is_exception(line)

    def state(self) -> list[dict[str, Any]]:
        """Return the open tracebacks as JSON values."""
        return [
            {"offset": one.offset, "touched": one.touched, "lines": [*one.lines], "complete": one.complete,
             "time": one.time}
            for one in self.opened
        ]  # fmt: skip

    def is_full(self) -> bool:
        """Return whether more is open than may be kept."""
        return len(self.opened) > MOST_OPEN or sum(one.size for one in self.opened) > MOST_OPEN_BYTES

    def finished(self, *, complete: bool = True, before: int = -1) -> Iterator[Traceback]:
        """Close and yield the complete tracebacks (if `complete`) and those untouched since the offset `before`.

        While more is open than may be kept, the oldest ones are over too.
        """
        for one in list(self.opened):
            if (complete and one.complete) or one.touched < before or self.is_full():
                self.opened.remove(one)
                yield one


def _shortened(line: str) -> str:
    """Return the beginning and the end of a long line: both say what it is."""
    half = LONGEST_LINE // 2
    return line if len(line) <= LONGEST_LINE else f"{line[: half - 3]}...{line[-half:]}"


def is_exception(line: str) -> bool:
    """Return whether a line can be the last one of a traceback."""
    found = _EXCEPTION.match(line)
    if not found or line.startswith("Traceback"):
        return False
    if ": " in line or line.endswith(":"):
        return True
    return "." in line or bool(re.search(r"(?:Error|Exception|Exit|Interrupt|Iteration|Timeout|Warning|Found)$", line))
