"""Bounds what a visitor's SQL may take. The time limit is checked between SQLite's own steps, never inside a function.

So a function whose time grows with the product of its arguments' lengths needs another bound: a few may not be called,
others get a form whose time grows with their sum.
"""

import sqlite3
from collections.abc import Callable

# Bytes: of a text or blob that SQL makes, of its statement, and of all memory that SQLite takes.
_LONGEST_VALUE, _LONGEST_SQL, _MOST_MEMORY = 2**22, 2**16, 2**28
# Bytes of what LIKE and GLOB look for: both compare it at every place of a text.
_LONGEST_PATTERN = 500
# printf('%.*c', 900000000, 'x') counts for minutes; the others read what is no text, or take quadratic time.
_FORBIDDEN = frozenset(("printf", "format", "json_patch", "fts3_tokenizer", "load_extension"))
# SQLite says of this value that it is too big; an exception would be printed.
_TOO_LONG = " " * (_LONGEST_VALUE + 1)
_MOST_CHARACTERS = 100  # different ones, for trim

Value = str | bytes | int | float | None


def bound(connection: sqlite3.Connection) -> None:
    """Set the limits of a connection that runs a visitor's SQL."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_SQL)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _LONGEST_PATTERN)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.execute(f"PRAGMA hard_heap_limit={_MOST_MEMORY}")
    connection.create_function("instr", 2, _instr, deterministic=True)
    connection.create_function("replace", 3, _replace, deterministic=True)
    for name, trim in (("trim", str.strip), ("ltrim", str.lstrip), ("rtrim", str.rstrip)):
        connection.create_function(name, 2, _trimmed(trim), deterministic=True)
    connection.set_authorizer(_authorize)


def _authorize(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    forbidden = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FORBIDDEN
    return sqlite3.SQLITE_DENY if forbidden else sqlite3.SQLITE_OK


def _instr(text: Value, part: Value) -> int | None:
    if text is None or part is None:
        return None
    if isinstance(text, bytes) and isinstance(part, bytes):
        return text.find(part) + 1
    return _text(text).find(_text(part)) + 1


def _replace(text: Value, old: Value, new: Value) -> Value:
    if text is None or old is None:
        return None
    before, found = _text(text), _text(old)
    if not found:
        return text
    if new is None:
        return None
    after = _text(new)
    if len(before) + before.count(found) * (len(after) - len(found)) > _LONGEST_VALUE:
        return _TOO_LONG
    return before.replace(found, after)


def _trimmed(trim: Callable[[str, str], str]) -> Callable[[Value, Value], str | None]:
    def trimmed(text: Value, characters: Value) -> str | None:
        if text is None or characters is None:
            return None
        different = "".join(set(_text(characters)))
        if len(different) > _MOST_CHARACTERS:
            return _TOO_LONG
        return trim(_text(text), different)

    return trimmed


def _text(value: Value) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
