r"""Faster forms of the stock patterns.

A fast form matches fewer texts than its pattern and finds the same value where it matches. It misses unusual lines;
they are tried again with the pattern as it was written. `grok.expand` uses a form only where everything before it can
match in one way and a fixed character after it ends the value.
"""

# Numbers that go into line protocol unchanged.
INTEGER = r"-?\d{1,18}+"
FLOAT = r"-?\d{1,15}+(?:\.\d{1,17}+)?+"

LINE_END = "$"
"""The value of `after` where only the end of the line can follow."""
UNKNOWN = "\0"

_DECIMAL = r"(?<![0-9.+-])[+-]?(?:\d++(?:\.\d++)?+|\.\d++)"
_NUMBERS = {_DECIMAL, rf"(?:{_DECIMAL})", rf"(?:(?:{_DECIMAL}))", r"[+-]?\d++"}
# Without quotes and backslashes, so that a string field needs no escaping.
_NO_SPACE = r'[^\s"\\]'
_FORMS = {
    (r"\S+", " "): rf"{_NO_SPACE}++",
    (r"/[^\s?]*(?:\?\S*)?", " "): rf"/{_NO_SPACE}*+",
    (r"/[^\s?]*", " "): r'/[^\s?"\\]*+',
    (r'(?:[^"\\]|\\.)*+', '"'): r'[^"\\]*+',
    (".*", LINE_END): r'[^"\\\n]*+(?=\n)',
}
# Patterns that need no backtracking when a character follows that they cannot contain.
_NO_BACKTRACKING = frozenset(
    ("HTTPDATE", "IP", "IPV4", "IPV6", "IPORHOST", "HOSTNAME", "HOST", "CLIENT", "USER", "USERNAME", "TIME", "YEAR")
)
_ENDS = frozenset(' ()[]{}"|;,/')


def fast_form(name: str, modifier: str, body: str, before: str, after: str) -> str | None:
    """Return the fast form of the pattern `name` with the expression `body`; None where there is none.

    `before` and `after` are the characters certain to surround the value, or LINE_END, or UNKNOWN.
    """
    if body in _NUMBERS and modifier in ("int", "float"):
        safe = after in _ENDS and before not in "0123456789.+-" and before != UNKNOWN
        return (FLOAT if modifier == "float" else INTEGER) if safe else None
    if body == ".*?" and after not in (LINE_END, UNKNOWN):
        return rf'[^"\\\n{_in_class(after)}]*+'
    if (name in _NO_BACKTRACKING or body in _NUMBERS) and after in _ENDS:
        return f"(?>{body})"
    return _FORMS.get((body, after))


def _in_class(character: str) -> str:
    return "" if character in '"\\' else f"\\{character}" if character in "]^-[&~|" else character
