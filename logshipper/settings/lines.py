"""Line numbers of the keys in a TOML file, for error messages; tomllib does not report them.

The text must be valid TOML. A path is a key as tomllib nests it: `("inputs", "tail", 0, "files", 1)`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r"[ \t\r\ufeff]+|\#[^\n]*"
    r'|(?P<multi>"""(?:\\.|[^\\])*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!'))"
    r'|(?P<text>"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<mark>[\[\]{}=,\n])"
    r"|(?P<bare>[^\s\#\"'\[\]{}=,]+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


class KeyLines:
    """Line numbers of the tables, keys and list members of a TOML text."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._content: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._tokens = _tokens(text)
        self._token = next(self._tokens)
        section: Path = ()
        while self._token.kind != "end":
            if self._token.text == "[":
                section = self._header()
            elif self._token.kind in ("bare", "text"):
                self._pair(section)
            else:
                self._next()

    def of(self, path: Path) -> int:
        """Return the line of a key, else that of what it is in, else 0."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 0

    def content(self, path: Path) -> int:
        """Return the line on which the text of a string begins; 0 for what is not a string of the file."""
        return self._content.get(path, 0)

    def _next(self) -> _Token:
        token, self._token = self._token, next(self._tokens)
        return token

    def _header(self) -> Path:
        line, is_array = self._next().line, self._token.text == "["
        if is_array:
            self._next()
        names = self._names("]")
        path: Path = ()
        for name in names[:-1]:
            path = (*path, name)
            self._lines.setdefault(path, line)
            if path in self._counts:
                path = (*path, self._counts[path])
        path = (*path, names[-1])
        if is_array:
            self._counts[path] = self._counts.get(path, -1) + 1
            self._lines.setdefault(path, line)
            path = (*path, self._counts[path])
            self._next()
        self._lines.setdefault(path, line)
        return path

    def _names(self, end: str) -> list[str]:
        """Read a dotted key and the mark after it."""
        names: list[str] = []
        while self._token.kind != "end" and self._token.text != end:
            token = self._next()
            names += [token.text[1:-1]] if token.kind == "text" else [part for part in token.text.split(".") if part]
        self._next()
        return names

    def _pair(self, section: Path) -> None:
        line = self._token.line
        path: Path = section
        for name in self._names("="):
            path = (*path, name)
            self._lines.setdefault(path, line)
        self._value(path)

    def _value(self, path: Path) -> None:
        token = self._next()
        self._lines.setdefault(path, token.line)
        if token.kind in ("text", "multi"):
            self._content[path] = token.line + token.text[3:5].replace("\r", "").startswith("\n")
        elif token.text == "[":
            self._members(path, "]")
        elif token.text == "{":
            self._members(path, "}")

    def _members(self, path: Path, end: str) -> None:
        index = 0
        while self._token.kind != "end" and self._token.text != end:
            if self._token.text in (",", "\n"):
                self._next()
            elif end == "}":
                self._pair(path)
            else:
                self._value((*path, index))
                index += 1
        self._next()


def _tokens(text: str) -> Iterator[_Token]:
    line, index = 1, 0
    while index < len(text):
        found = _TOKEN.match(text, index)
        if not found:  # not TOML
            break
        if found.lastgroup:
            yield _Token(found.lastgroup, found[0], line)
        line += found[0].count("\n")
        index = found.end()
    while True:
        yield _Token("end", "", line)
