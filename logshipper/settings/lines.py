"""Line numbers of the keys in a TOML file, for error messages; tomllib does not report them."""

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[\w.-]+)\s*=""")


class KeyLines:
    """Line numbers of the keys and headers of a TOML text."""

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, int, str], int] = {}
        counts: dict[str, int] = {}
        section, index, quote = "", 0, ""
        for number, line in enumerate(text.splitlines(), 1):
            if quote:
                quote = "" if quote in line else quote
                continue
            header, key = _HEADER.match(line), _KEY.match(line)
            if header:
                section = re.sub(r"\s*\.\s*", ".", header[2]).replace('"', "")
                if header[1] == "[[":
                    counts[section] = counts.get(section, -1) + 1
                array = max((name for name in counts if _is_in(section, name)), key=len, default="")
                index = counts.get(array, 0)
                self._lines.setdefault((section, index, ""), number)
            elif key:
                self._lines.setdefault((section, index, key[1].strip("\"'")), number)
                quote = _opened_quote(line)

    def of(self, section: str, index: int, key: str = "") -> int:
        """Return the line of a key in the `index`-th table of this name, else that of its header, else 0."""
        return self._lines.get((section, index, key)) or self._lines.get((section, index, ""), 0)


def _is_in(section: str, table: str) -> bool:
    return section == table or section.startswith(table + ".")


def _opened_quote(line: str) -> str:
    for quote in ("'''", '"""'):
        if line.count(quote) % 2:
            return quote
    return ""
