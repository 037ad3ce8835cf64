"""Make the pictures of commands in docs/pictures: what a real terminal gets, as an SVG.

python -m tools.terminal_picture docs/pictures/check.svg logshipper check --config logshipper.toml
"""

import os
import pty
import re
import shlex
import sys
from html import escape
from pathlib import Path

COLUMNS, LINES = 100, 50
CELL, LINE_HEIGHT, MARGIN = 8.4, 18, 14  # pixels, for letters of 14
STYLES = {
    "1": 'font-weight="bold"', "2": 'opacity="0.6"', "31": 'fill="#ff7b72"', "32": 'fill="#7ee787"',
    "33": 'fill="#f2cc60"', "34": 'fill="#79c0ff"', "36": 'fill="#76e3ea"',
}  # fmt: skip
NO_BREAK = "\u00a0"  # several spaces in a row would become one
CONTROL = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")


def shown(command: list[str]) -> str:
    """Run a command in a terminal; return what it writes there."""
    child, terminal = pty.fork()
    if not child:
        size = {"COLUMNS": str(COLUMNS), "LINES": str(LINES), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        os.execvpe(command[0], command, {**os.environ, **size})  # noqa: S606 - a command of ours
    written = b""
    while True:
        try:
            block = os.read(terminal, 65_536)
        except OSError:  # the command has ended
            block = b""
        if not block:
            break
        written += block
    os.waitpid(child, 0)
    return written.decode("utf-8", "replace").replace("\r\n", "\n")


def last_state(line: str) -> str:
    """Return a line without what was drawn over: a progress line is drawn from its beginning again and again."""
    return line.rpartition("\r")[2].replace("\x1b[K", "")


def pieces(line: str) -> list[tuple[int, str, str]]:
    """Return the pieces of a line of one style: the column, the text, the attributes."""
    found, column, styles, end = [], 0, list[str](), 0
    for match in [*CONTROL.finditer(line), None]:
        text = line[end : match.start() if match else len(line)]
        if text:
            found.append((column, text, " ".join(STYLES[one] for one in styles if one in STYLES)))
            column += len(text)
        if match:
            end = match.end()
            codes = match[1].split(";") if match[2] == "m" else []
            styles = [] if codes in ([""], ["0"]) else [*styles, *codes]
    return found


def folded(text: str) -> list[str]:
    """Return the lines as a terminal of COLUMNS shows them."""
    lines = []
    for line in map(last_state, text.rstrip("\n").split("\n")):
        # A line with colours was made for this width.
        wide = len(line) > COLUMNS and not CONTROL.search(line)
        lines += [line[index : index + COLUMNS] for index in range(0, len(line), COLUMNS)] if wide else [line]
    return lines


def picture(command: str, text: str) -> str:
    """Return the SVG: the prompt with the command, and the lines."""
    rows = [f"\x1b[2m$\x1b[0m \x1b[1m{command}\x1b[0m", *folded(text)]
    width, height = COLUMNS * CELL + 2 * MARGIN, len(rows) * LINE_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}">',
        f"<title>{escape(command)}</title>",
        '<rect width="100%" height="100%" rx="8" fill="#161b22"/>',
        '<g fill="#e6edf3" font-size="14" font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace">',
    ]
    for index, row in enumerate(rows):
        y = MARGIN + (index + 0.75) * LINE_HEIGHT
        for column, content, style in pieces(row):
            # The length keeps the columns where they are, whichever font there is.
            where = f'x="{MARGIN + column * CELL:.1f}" y="{y:.1f}" textLength="{len(content) * CELL:.1f}"'
            attributes = f" {style}" if style else ""
            if content.strip():
                parts.append(f"<text {where}{attributes}>{escape(content.replace(' ', NO_BREAK))}</text>")
    return "\n".join([*parts, "</g>", "</svg>", ""])


def main() -> None:
    """Write the picture that the arguments ask for."""
    file, *command = sys.argv[1:]
    Path(file).write_text(picture(shlex.join(command), shown(command)), "utf-8")


if __name__ == "__main__":
    main()
