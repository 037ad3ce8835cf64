"""Python's tracebacks, put together line by line, also where several processes write theirs at once.

Python writes a traceback line by line, and without a master logger each line is a write of its own: the lines of two
workers may alternate. Nothing in a line names its process, so each goes to the traceback that can take it next:
a frame to the one whose last line calls that function, the exception to the longest, else to the one that has waited
longest. Where several could take a line all the same, two tracebacks may exchange it: that cannot be told from the
text.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

_HEADERS = ("Traceback (most recent call last):", "  + Exception Group Traceback (most recent call last):")
_FRAME = re.compile(r'  File "(.*)", line (\d+)(?:, in (.*))?$')
_SOURCE = re.compile(r"    |  \[Previous line repeated ")
_MARKS = re.compile(r"    [\s~^]+$")
_GROUP = re.compile(r"\s+[|+]")
# `module.SomeError: message`; without a message only names that end as those of exceptions do.
_EXCEPTION = re.compile(
    r"(?P<type>(?:[A-Za-z_]\w*\.)*[A-Z_]\w*)(?:: (?P<message>.*)|:?$)|(?P<module>[a-z_]\w*(?:\.\w+)+): (?P<text>.*)"
)
_CHAIN = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_LIBRARY = re.compile(r"/(?:site|dist)-packages/|/lib/python\d|^<frozen ")
MOST_LINES, MOST_OPEN = 500, 16


@dataclass(slots=True)
class Traceback:
    """A traceback that is being put together; `offset` is that of its first line, `touched` of its last."""

    offset: int
    touched: int
    lines: list[str]
    complete: bool = False

    @property
    def text(self) -> str:
        """All lines; the blank ones around a chain of exceptions are put back."""
        return "\n".join(f"\n{line}\n" if line in _CHAIN else line for line in self.lines)

    @property
    def exception(self) -> tuple[str, str]:
        """The type and the message of the last exception; empty while there is none."""
        for line in reversed(self.lines):
            found = _EXCEPTION.match(line.lstrip(" |"))
            if found and not line.startswith("    ") and line not in _HEADERS:
                return found["type"] or found["module"], found["message"] or found["text"] or ""
        return "", ""

    @property
    def frame(self) -> str:
        """The last frame outside of libraries, else the last one, as `FILE:LINE in NAME`; "" for none."""
        frames = [found for line in self.lines if (found := _FRAME.match(re.sub(r"^\s+\| ", "  ", line)))]
        own = [found for found in frames if not _LIBRARY.search(found[1])]
        return "".join(f"{found[1]}:{found[2]} in {found[3] or '?'}" for found in (own or frames)[-1:])

    def waits_for(self, line: str) -> int:
        """Tell how well the line would follow: 0 not at all, 3 best."""
        last = self.lines[-1]
        if self.complete or last in _CHAIN or "Group" in self.lines[0]:
            begins = line in _HEADERS if last in _CHAIN else _GROUP.match(line)
            return 2 if (line in _CHAIN if self.complete else begins) else 0
        after_frame, after_source = bool(_FRAME.match(last)), bool(_SOURCE.match(last))
        if _MARKS.match(line):
            fit = 2 if after_source and not _MARKS.match(last) else 0
        elif _SOURCE.match(line):
            fit = 2 if after_frame else int(after_source)
        elif frame := _FRAME.match(line):
            calls = bool(frame[3]) and frame[3] in last and not after_frame
            fit = 3 if calls else 1 if after_frame or after_source else 2
        else:
            fit = 2 if (after_frame or after_source) and is_exception(line) else 0
        return fit

    def add(self, line: str, offset: int) -> None:
        """Take the line."""
        self.touched = offset
        if len(self.lines) < MOST_LINES or not line.startswith(" "):
            self.lines.append(line)
        if line in _CHAIN or line in _HEADERS:
            self.complete = False
        elif not line.startswith(" "):
            self.complete = True


class Tracebacks:
    """The tracebacks of one log that are open."""

    def __init__(self, opened: list[Traceback] | None = None) -> None:
        self.opened = opened or []

    def take(self, line: str, offset: int) -> bool:
        """Take the line if it is part of a traceback; tell whether it was."""
        if not self.could_take(line):
            return False
        begins = line in _HEADERS
        ends = not line.startswith(" ") and not begins
        chains = line in _CHAIN  # nothing else goes on with one that is complete, and there may be many of those
        fitting = [
            (one.waits_for(line), len(one.lines) if ends else 0, -one.touched, index)
            for index, one in enumerate(self.opened)
            if chains or not one.complete
        ]
        fit, _, _, index = max(fitting, default=(0, 0, 0, 0))
        if fit:
            self.opened[index].add(line, offset)
        elif begins:
            self.opened.append(Traceback(offset, offset, [line]))
        return bool(fit) or begins

    def could_take(self, line: str) -> bool:
        """Tell whether the line begins a traceback or may belong to one that is open."""
        if not self.opened:
            return line in _HEADERS
        return line.startswith(" ") or line in _HEADERS or line in _CHAIN or is_exception(line)

    def state(self) -> list[dict[str, Any]]:
        """Return those that are open, as JSON takes them."""
        return [asdict(one) for one in self.opened]

    def finished(self, *, complete: bool = True, before: int = -1) -> Iterator[Traceback]:
        """Give up and yield those that are complete (where asked for), or untouched since the offset `before`."""
        excess = len(self.opened) - MOST_OPEN
        for index, one in enumerate(list(self.opened)):
            if (complete and one.complete) or one.touched < before or index < excess:
                self.opened.remove(one)
                yield one


def is_exception(line: str) -> bool:
    """Tell whether a line can be the last of a traceback."""
    found = _EXCEPTION.match(line)
    if not found or line.startswith("Traceback"):
        return False
    if ": " in line or line.endswith(":"):
        return True
    return "." in line or bool(re.search(r"(?:Error|Exception|Exit|Interrupt|Iteration|Timeout|Warning|Found)$", line))
