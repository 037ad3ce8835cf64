r"""Faster forms of the stock patterns.

A fast form matches fewer texts than its pattern and finds the same value where it matches. It misses unusual lines;
they are tried again with the pattern as it was written. `grok.expand` uses a form only where everything before it can
match in one way and a fixed character after it ends the value.
"""

# Numbers that go into line protocol unchanged: without a needless zero in front, so that a number has one form.
INTEGER = r"(?:0|-?[1-9]\d{0,17}+)"
FLOAT = r"-?(?:0|[1-9]\d{0,14}+)(?:\.\d{1,17}+)?+"

LINE_END = "$"
"""The value of `after` where only the end of the line can follow."""
UNKNOWN = "\0"

_DECIMAL = r"[+-]?(?:\d++(?:\.\d++)?+|\.\d++)"
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


def fast_form(name: str, modifier: str, body: str, after: str) -> str | None:
    """Return the fast form of the pattern `name` with the expression `body`; None where there is none.

    `after` is the character certain to follow the value, or LINE_END, or UNKNOWN.
    """
    if body in _NUMBERS and modifier in ("int", "float"):
        return (FLOAT if modifier == "float" else INTEGER) if after in _ENDS else None
    if body == ".*?" and after not in (LINE_END, UNKNOWN):
        return rf'[^"\\\n{_in_class(after)}]*+'
    if (name in _NO_BACKTRACKING or body in _NUMBERS) and after in _ENDS:
        return f"(?>{body})"
    return _FORMS.get((body, after))


def _in_class(character: str) -> str:
    return "" if character in '"\\' else f"\\{character}" if character in "]^-[&~|" else character
