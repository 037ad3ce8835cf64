"""Finds and removes secret parameters, wherever a URL or a text hides them.

One cleaner for queries (`a=1&token=x`), paths (`/a;token=x`), fragments (`#access_token=x`), users in URLs
(`https://ann:pw@host`) and free text. Names are compared as a server reads them: however often percent-encoded, in
either case, with `-` for `_`, and the parts of `user[password]` each. A value that holds a query is cleaned too.
Text is latin-1-decoded bytes.
"""

import fnmatch
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

Clean = Callable[[str], str]

_NAMES = re.compile(r"[?&;#]([^=&;#?\s\"'<>]+)")
_INNER = re.compile(r"=([^=&;#?\s\"'<>]+)(?==)")  # a name in a value, such as token in `data=token=x`
# What follows a mark: a query or a fragment; a parameter in a path, which ends with its part of the path.
_RUN = re.compile(r"[?#]+[^\s\"'<>?#]*|[;&][^\s\"'<>?#/]*")
_USER = re.compile(r"(://)[^\s/?#\"'<>]*@")
_SEPARATOR = re.compile("([&;])")
_PARTS = re.compile(r"[\[\].]+")
_MARKS = re.compile("[?&;#%@]")
_MOST_DECODINGS = 5
_KEPT = "/:?#[]@!$&'()*+,;=~"  # characters of a URL that need no encoding
_LONGEST_CACHED = 256


class ParameterCleaner:
    """Removes the parameters of some names; `*` and `?` in a name are wildcards."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        # Brackets in a list are brackets.
        patterns = [fnmatch.translate(_normal(name).replace("[", "[[]")) for name in names]
        self._listed = re.compile("|".join(patterns) or "(?!)").match
        self._known = lru_cache(maxsize=4096)(self._is_secret)

    def is_secret(self, name: str) -> bool:
        """Return whether a parameter of this name, as it is written in the text, is one to remove."""
        return self._known(name) if len(name) <= _LONGEST_CACHED else self._is_secret(name)

    def _is_secret(self, name: str) -> bool:
        normal = _normal(_decoded(name))
        parts = [part for part in _PARTS.split(normal) if part]
        return any(self._listed(one) for one in (normal, "_".join(parts), *parts))

    def may_hold_secret(self, text: str) -> bool:
        """Return whether some line of a text may hold a secret: a quick look at many lines at once."""
        if not self.names or not _MARKS.search(text):
            return False
        if "%" in text and (decoded := _decoded(text)) != text and self.may_hold_secret(decoded):
            return True
        if "@" in text and "://" in text:
            return True
        return any(map(self.is_secret, {*_NAMES.findall(text), *_INNER.findall(text)}))

    def text(self, text: str) -> str:
        """Return a path, a URL or any other text without its secrets."""
        if not self.may_hold_secret(text):
            return text
        cleaned = self._once(text)
        decoded = _decoded(cleaned)
        if decoded != cleaned and (again := self._once(decoded)) != decoded:
            return quote(again.encode("latin-1"), safe=_KEPT)  # the marks themselves were encoded
        return cleaned

    def query(self, query: str) -> str:
        """Return a query, without its question mark, without its secrets."""
        if not self.may_hold_secret(f"?{query}"):
            return query
        return self.text(f"?{query}").removeprefix("?")

    def _once(self, text: str) -> str:
        return _RUN.sub(self._run, _USER.sub(r"\1", text))

    def _run(self, found: re.Match[str]) -> str:
        """Return what stays of a mark and the parameters after it."""
        run = found[0]
        start = len(run) - len(run.lstrip("?#;&"))
        mark, kept, separator = run[:start], list[str](), ""
        for index, piece in enumerate(_SEPARATOR.split(run[start:])):
            name, equals, value = piece.partition("=")
            if index % 2:
                separator = piece
            elif not (name and self.is_secret(name)):
                kept += [separator if kept else "", name, equals, self._value(value)]
        return mark + "".join(kept) if kept else ""

    def _value(self, value: str) -> str:
        """Return a value that may hold a URL or a query of its own."""
        decoded = _decoded(value)
        if "=" not in decoded and "@" not in decoded:
            return value
        cleaned = self.query(decoded) if "?" not in decoded else self.text(decoded)
        return value if cleaned == decoded else quote(cleaned.encode("latin-1"), safe="")


def _decoded(text: str) -> str:
    """Return a text percent-decoded until it stays the same."""
    for _ in range(_MOST_DECODINGS):
        if "%" not in text:
            break
        before, text = text, unquote_to_bytes(text.encode("latin-1")).decode("latin-1")
        if text == before:
            break
    return text


def _normal(name: str) -> str:
    return "".join(c for c in name.lower().replace("+", " ").replace("-", "_") if c > " " and c != "\x7f")
