"""The pictures of commands in the documentation: colours, columns and what a terminal draws over."""

import sys
from xml.etree import ElementTree

from tools.terminal_picture import COLUMNS, STYLES, folded, picture, pieces, shown


def test_a_command_gets_a_terminal_of_a_known_width() -> None:
    program = "import os, sys; print(os.isatty(1), os.environ['COLUMNS'])"
    assert shown([sys.executable, "-c", program]) == f"True {COLUMNS}\n"


def test_colours_become_attributes_and_keep_their_columns() -> None:
    assert pieces("\x1b[31mbad\x1b[0m  \x1b[1mlog\x1b[0m") == [
        (0, "bad", 'fill="#ff7b72"'),
        (3, "  ", ""),
        (5, "log", 'font-weight="bold"'),
    ]


def test_of_a_progress_line_the_last_state_is_left_and_long_lines_are_folded() -> None:
    assert folded("\r\x1b[K 10%\r\x1b[K 20%\r\x1b[Kdone\n") == ["done"]
    assert folded("x" * (COLUMNS + 1)) == ["x" * COLUMNS, "x"]


def test_the_picture_is_xml_with_every_character_in_its_place() -> None:
    root = ElementTree.fromstring(picture("logshipper check", "a < b & c\n  d  e\n"))
    texts = [(part.text or "").replace("\u00a0", " ") for part in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["$", "logshipper check", "a < b & c", "  d  e"]


def test_a_style_ends_with_its_own_code_or_with_all() -> None:
    line = "\x1b[1;31ma\x1b[39mb\x1b[22mc\x1b[32md\x1b[0;2me\x1b[0m\x1b[39m\x1b[49mf"
    bold, red, green, dim = (STYLES[code] for code in ("1", "31", "32", "2"))
    assert [style for _, _, style in pieces(line)] == [f"{bold} {red}", bold, "", green, dim, ""]
