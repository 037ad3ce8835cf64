"""Make the pictures of commands in docs/pictures: what a real terminal gets, as an SVG.

python -m tools.terminal_picture docs/pictures/check.svg logshipper check --config logshipper.toml

A command that draws a screen and does not end runs in tmux, of the size given, until the screen shows the text given:

python -m tools.terminal_picture --screen 80x24 --until worker_died docs/pictures/top.svg logshipper top app.log
"""

import argparse
import os
import pty
import re
import shlex
import subprocess
import time
from html import escape
from pathlib import Path

COLUMNS, LINES = 100, 50
PATIENCE = 300.0  # seconds for a screen to show what is waited for
CELL, LINE_HEIGHT, MARGIN = 8.4, 18, 14  # pixels, for letters of 14
STYLES = {
    "1": 'font-weight="bold"', "2": 'opacity="0.6"', "31": 'fill="#ff7b72"', "32": 'fill="#7ee787"',
    "33": 'fill="#f2cc60"', "34": 'fill="#79c0ff"', "36": 'fill="#76e3ea"',
}  # fmt: skip
# The codes that end styles, and what the codes of those begin with.
RESETS: dict[str, str | tuple[str, ...]] = {"": "", "0": "", "22": ("1", "2"), "39": "3", "49": "4"}
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


def screen(command: list[str], size: str, until: str) -> str:
    """Run a command in tmux; return the screen once it shows the text `until`."""
    columns, _, lines = size.partition("x")
    tmux = ["tmux", "-L", f"picture-{os.getpid()}", "-f", "/dev/null"]
    start = [*tmux, "new-session", "-d", "-x", columns, "-y", lines, shlex.join(command)]
    subprocess.run(start, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    end = time.monotonic() + PATIENCE
    try:
        while until not in (shown := _captured(tmux)) and time.monotonic() < end:
            time.sleep(0.2)
        return shown
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)


def _captured(tmux: list[str]) -> str:
    return subprocess.run([*tmux, "capture-pane", "-e", "-p"], check=True, capture_output=True, text=True).stdout


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
            for code in match[1].split(";") if match[2] == "m" else []:
                if code in RESETS:
                    styles = [one for one in styles if not one.startswith(RESETS[code])]
                else:
                    styles = [*styles, code]
    return found


def folded(text: str, columns: int = COLUMNS) -> list[str]:
    """Return the lines as a terminal of that width shows them."""
    lines = []
    for line in map(last_state, text.rstrip("\n").split("\n")):
        # A line with colours was made for this width.
        wide = len(line) > columns and not CONTROL.search(line)
        lines += [line[index : index + columns] for index in range(0, len(line), columns)] if wide else [line]
    return lines


def picture(command: str, text: str, columns: int = COLUMNS, *, prompt: bool = True) -> str:
    """Return the SVG: the lines, and before them the prompt with the command."""
    first = [f"\x1b[2m$\x1b[0m \x1b[1m{command}\x1b[0m"] if prompt else []
    rows = [*first, *folded(text, columns)]
    width, height = columns * CELL + 2 * MARGIN, len(rows) * LINE_HEIGHT + 2 * MARGIN
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
    parser = argparse.ArgumentParser()
    parser.add_argument("--screen", metavar="COLUMNSxLINES", default="")
    parser.add_argument("--until", metavar="TEXT", default="")
    parser.add_argument("file", type=Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    name = shlex.join(asked.command)
    if asked.screen:
        text = screen(asked.command, asked.screen, asked.until)
        svg = picture(name, text, int(asked.screen.partition("x")[0]), prompt=False)
    else:
        svg = picture(name, shown(asked.command))
    asked.file.write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
