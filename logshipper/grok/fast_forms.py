r"""Quicker forms of the stock patterns, for values that stand where no other reading of the line is possible.

A tight form takes fewer texts than the pattern it stands for and never another value: in a line that it matches, the
pattern as it was written finds the same. It misses what is unusual; such a line is tried again with the pattern as
it was written. A form is used where all before it can be read in one way only and the character behind it is a fixed
one that ends the value; `grok.expand` sees to both.
"""

# Numbers whose text can stand in line protocol as it is.
INTEGER = r"-?\d{1,18}+"
FLOAT = r"-?\d{1,15}+(?:\.\d{1,17}+)?+"

LINE_END = "$"
"""What `after` is where nothing but the end of the line can follow."""
UNKNOWN = "\0"

_DECIMAL = r"(?<![0-9.+-])[+-]?(?:\d++(?:\.\d++)?+|\.\d++)"
_NUMBERS = {_DECIMAL, rf"(?:{_DECIMAL})", rf"(?:(?:{_DECIMAL}))", r"[+-]?\d++"}
# Without quotes and backslashes, so that what is taken needs no escaping in a string.
_NO_SPACE = r'[^\s"\\]'
_FORMS = {
    (r"\S+", " "): rf"{_NO_SPACE}++",
    (r"/[^\s?]*(?:\?\S*)?", " "): rf"/{_NO_SPACE}*+",
    (r"/[^\s?]*", " "): r'/[^\s?"\\]*+',
    (r'(?:[^"\\]|\\.)*+', '"'): r'[^"\\]*+',
    (".*", LINE_END): r'[^"\\\n]*+(?=\n)',
}
# Patterns whose first reading is the right one where a character follows that they cannot hold.
_FIRST_READING = frozenset(
    ("HTTPDATE", "IP", "IPV4", "IPV6", "IPORHOST", "HOSTNAME", "HOST", "CLIENT", "USER", "USERNAME", "TIME", "YEAR")
)
_ENDS = frozenset(' ()[]{}"|;,/')


def fast_form(name: str, modifier: str, body: str, before: str, after: str) -> str | None:
    """Return an expression to stand for the pattern `name`, whose own is `body`; None where there is none.

    `before` and `after` are the characters that surely stand around the value, or LINE_END, or UNKNOWN.
    """
    if body in _NUMBERS and modifier in ("int", "float"):
        safe = after in _ENDS and before not in "0123456789.+-" and before != UNKNOWN
        return (FLOAT if modifier == "float" else INTEGER) if safe else None
    if body == ".*?" and after not in (LINE_END, UNKNOWN):
        return rf'[^"\\\n{_in_class(after)}]*+'
    if (name in _FIRST_READING or body in _NUMBERS) and after in _ENDS:
        return f"(?>{body})"
    return _FORMS.get((body, after))


def _in_class(character: str) -> str:
    return "" if character in '"\\' else f"\\{character}" if character in "]^-[&~|" else character
