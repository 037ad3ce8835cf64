r"""Translate the regular expressions of Go, which Telegraf's patterns are written in, to Python's.

Go has `(?i)` in the middle, which counts to the end of its group, `(?U)`, `\z`, `\Q…\E`, `\pL`, `\x{10FFFF}`, octal
escapes and `[[:^alpha:]]`. Python's own look-around and atomic groups stay. The result matches one line of UTF-8 in
which one character is one byte: `(?s)` and `(?m)` have no meaning, and characters beyond ASCII become their bytes.
"""

import re

from logshipper.grok.regex_parts import QUANTIFIER, REFERENCE
from logshipper.grok.unicode_classes import ALL, Ranges, byte_expression, category, complement, posix

_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_NAMED = re.compile(r"\(\?P?<\w+>")
_PLAIN_GROUPS = ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>")
_PROPERTY = re.compile(r"\\[pP](?:\{(\^?)(\w+)\}|([A-Z]))")
_CODE = re.compile(r"\\x(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2}))|\\(0[0-7]{0,2}|[1-7][0-7]{1,2})")
_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_ASCII_CLASSES = {
    "d": ((48, 57),), "w": ((48, 57), (65, 90), (95, 95), (97, 122)), "s": ((9, 10), (12, 13), (32, 32)),
}  # fmt: skip


class UntranslatableError(Exception):
    """What an expression has that cannot be translated, in words."""


def translate(text: str) -> str:
    """Return a pattern in Python's terms; its references %{…} stay. Raises UntranslatableError."""
    translator = _Translator(text)
    parts = [translator.sequence(ignore_case=False, ungreedy=False)]
    while translator.index < len(text):  # a parenthesis too many, which re.compile reports
        translator.index += 1
        parts += [")", translator.sequence(ignore_case=False, ungreedy=False)]
    return "".join(parts)


class _Translator:
    def __init__(self, text: str) -> None:
        self.text, self.index = text, 0

    def sequence(self, *, ignore_case: bool, ungreedy: bool) -> str:
        """Translate to the end of the group. Flags in the middle become groups that end with each alternative."""
        outer, opened, parts = ignore_case, "", []
        while self.index < len(self.text) and self.text[self.index] != ")":
            flags = _FLAGS.match(self.text, self.index)
            if flags and flags[3] == ")":
                self.index = flags.end()
                ignore_case, ungreedy = _changed(flags, "i", ignore_case), _changed(flags, "U", ungreedy)
                parts.append(")" * bool(opened))
                opened = "" if ignore_case == outer else "(?i:" if ignore_case else "(?-i:"
                parts.append(opened)
            elif self.text[self.index] == "|":
                self.index += 1
                parts.append(f"{')' * bool(opened)}|{opened}")
            else:
                parts.append(self.piece(ignore_case, ungreedy))
        return "".join(parts) + ")" * bool(opened)

    def piece(self, ignore_case: bool, ungreedy: bool) -> str:
        text, start = self.text, self.index
        character = text[start]
        reference = REFERENCE.match(text, start)
        quantifier = None if reference else QUANTIFIER.match(text, start)
        if reference:
            if ungreedy:
                raise UntranslatableError(f"(?U) cannot be applied to {reference[0]}")
            self.index = reference.end()
            return reference[0]
        if character == "(":
            return self.group(ignore_case, ungreedy)
        if character == "[":
            return self.character_class()
        if character == "\\":
            return self.escape(ignore_case)
        if quantifier and quantifier[0]:
            self.index = quantifier.end()
            return _swapped(quantifier[0]) if ungreedy else quantifier[0]
        self.index += 1
        return character if character.isascii() else _literal(character, ignore_case)

    def group(self, ignore_case: bool, ungreedy: bool) -> str:
        text, start = self.text, self.index
        flags, named = _FLAGS.match(text, start), _NAMED.match(text, start)
        opening = named[0] if named else next((one for one in _PLAIN_GROUPS if text.startswith(one, start)), "(")
        inner = ignore_case, ungreedy
        if flags:
            inner = _changed(flags, "i", ignore_case), _changed(flags, "U", ungreedy)
            opening = "(?:" if inner[0] == ignore_case else "(?i:" if inner[0] else "(?-i:"
        elif opening == "(" and text.startswith("(?", start):
            raise UntranslatableError(f"{text[start : start + 4]!r} begins no group that is known here")
        self.index = flags.end() if flags else start + len(opening)
        body = self.sequence(ignore_case=inner[0], ungreedy=inner[1])
        closed = self.text.startswith(")", self.index)
        self.index += closed
        return opening + body + ")" * closed

    def escape(self, ignore_case: bool) -> str:
        text, start = self.text, self.index
        if text.startswith("\\Q", start):
            end = text.find("\\E", start)
            quoted = text[start + 2 : end if end >= 0 else len(text)]
            self.index = end + 2 if end >= 0 else len(text)
            return "".join(re.escape(c) if c.isascii() else _literal(c, ignore_case) for c in quoted)
        special = self.special_escape()
        if special is not None:
            return byte_expression(special)
        following = text[start + 1 : start + 2]
        self.index = start + 2
        if following in ("A", "z"):
            return "^" if following == "A" else "$"
        if following in "bBdDwWsSZ" and following:
            return f"\\{following}"
        return self.literal_escape(following, ignore_case)

    def literal_escape(self, following: str, ignore_case: bool) -> str:
        if following in _CONTROLS and following:
            return f"\\{following}"
        if not following:
            raise UntranslatableError("it ends in a backslash")
        if following.isdigit():
            raise UntranslatableError(f"\\{following} refers back to a group, which Telegraf cannot either")
        if following.isascii() and following.isalpha():
            raise UntranslatableError(f"the escape \\{following} has no meaning")
        return f"\\{following}" if following.isascii() else _literal(following, ignore_case)

    def special_escape(self) -> Ranges | None:
        """Take an escape that stands for characters by their numbers or properties; None for any other."""
        found = _PROPERTY.match(self.text, self.index)
        if found:
            ranges = category(found[2] or found[3])
            if ranges is None:
                fix = "only general categories such as \\pL or \\p{Lu} are known"
                raise UntranslatableError(f"{found[0]} cannot be translated; {fix}")
            self.index = found.end()
            return complement(ranges) if (found[0][1] == "P") != bool(found[1]) else ranges
        code = _CODE.match(self.text, self.index)
        if not code:
            return None
        number = int(code[1] or code[2], 16) if code[1] or code[2] else int(code[3], 8)
        if number > ALL[0][1]:
            raise UntranslatableError(f"{code[0]} is not a character")
        self.index = code.end()
        return ((number, number),)

    def character_class(self) -> str:
        """Translate a class; it stays as it is where it names only ASCII characters."""
        start = self.index
        self.index += 1
        negated = self.text.startswith("^", self.index)
        self.index += negated
        members: list[tuple[str, Ranges, bool]] = []
        while not self.text.startswith("]", self.index) or not members:
            if self.index >= len(self.text):
                raise UntranslatableError(f"the character class {self.text[start:]!r} has no end")
            members.append(self.class_member())
        self.index += 1
        if all(simple for _, _, simple in members):
            return f"[{'^' * negated}{''.join(text for text, _, _ in members)}]"
        ranges = tuple(one for _, ranges, _ in members for one in ranges)
        return byte_expression(complement(ranges) if negated else ranges)

    def class_member(self) -> tuple[str, Ranges, bool]:
        """Return a member's text in Python, its characters, and whether the text can stand in a class."""
        named = re.compile(r"\[:(\^?)(\w+):\]").match(self.text, self.index)
        if named:
            ranges = posix(named[2])
            if ranges is None:
                raise UntranslatableError(f"the character class {named[0]} is not known")
            self.index = named.end()
            text = "".join(f"{_in_class(low)}-{_in_class(high)}" for low, high in ranges)
            return text, complement(ranges) if named[1] else ranges, not named[1]
        escaped = self.text[self.index + 1 : self.index + 2] if self.text[self.index] == "\\" else ""
        if escaped.lower() in _ASCII_CLASSES and escaped:
            self.index += 2
            ranges = _ASCII_CLASSES[escaped.lower()]
            return f"\\{escaped}", ranges if escaped.islower() else complement(ranges), True
        if escaped in ("p", "P"):
            return "", self.special_escape() or (), False
        low = high = self.class_character()
        if self.text.startswith("-", self.index) and not self.text.startswith("-]", self.index):
            self.index += 1
            high = self.class_character()
            if high < low:
                raise UntranslatableError(f"the range {chr(low)}-{chr(high)} ends before it begins")
        text = _in_class(low) if low == high else f"{_in_class(low)}-{_in_class(high)}"
        return text, ((low, high),), high < 128

    def class_character(self) -> int:
        found = self.special_escape()
        if found:
            return found[0][0]
        character = self.text[self.index : self.index + 1]
        self.index += 1
        if character != "\\":
            return ord(character or "]")
        character = self.text[self.index : self.index + 1]
        self.index += 1
        if character in _CONTROLS and character:
            return _CONTROLS[character]
        if not character or (character.isascii() and character.isalnum()):
            raise UntranslatableError(f"the escape \\{character} has no meaning in a character class")
        return ord(character)


def _changed(flags: re.Match[str], flag: str, value: bool) -> bool:
    return False if flag in (flags[2] or "") else True if flag in flags[1] else value


def _swapped(quantifier: str) -> str:
    if quantifier.endswith("+") and len(quantifier) > 1:
        return quantifier  # possessive
    return quantifier[:-1] if quantifier.endswith("?") and len(quantifier) > 1 else f"{quantifier}?"


def _in_class(code: int) -> str:
    character = chr(code)
    return character if character.isalnum() and code < 128 else f"\\x{code:02x}" if code < 128 else character


def _literal(character: str, ignore_case: bool) -> str:
    """Return the expression of a character beyond ASCII."""
    forms = {character, character.lower(), character.upper()} if ignore_case else {character}
    return byte_expression(tuple((ord(form), ord(form)) for form in sorted(forms) if len(form) == 1))
