"""From a log-format to the grok pattern of its lines.

uWSGI does not escape values, so a text may contain whatever the format has after it. A text ends at the first place
where the rest of the format, up to the next number, date or word, matches. An atomic group settles each text once, so
a hostile line takes linear time. Values with nothing between them are read only if it is certain where one ends.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from logshipper.errors import UserError
from logshipper.uwsgi.variables import NUMBERS, Variable, variable

_VARIABLE = re.compile(r"%\(([^)]+)\)")
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
# Values that never contain the slash with which a uri begins.
_WITHOUT_SLASH = ("method", "remoteAddr", "httpHost")
_DIGITS = r"[\d-]++"


@dataclass(frozen=True, slots=True)
class FormatPattern:
    """The grok pattern of a log-format, without anchors; `notes` name the variables that it cannot read."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """A variable, or several that cannot be told apart, with the literal text after it.

    `shape` is an expression for its text, "" if that can be anything; `begins` says how it begins. `is_free`: the text
    ends where what follows matches.
    """

    capture: str
    shape: str
    begins: str
    is_free: bool
    after: str


def format_pattern(text: str, date: str = "") -> FormatPattern:
    """Return the grok pattern of a log-format; `date` is the strftime format of its `%(ftime)`.

    Raises UserError for a format that has no variable, or none that can be read.
    """
    parts = _VARIABLE.split(text)
    names, literals = parts[1::2], [literal(part) for part in parts[::2]]
    variables = _with_path(names, date)
    if not variables:
        raise UserError(f"the log-format {text!r} has no variable", fix="add one, such as %(uri)")
    runs = _runs(variables, literals)
    alone = [run[0] for run in runs if len(run) == 1]
    if not alone:
        raise UserError(f"nothing separates the variables of the log-format {text!r}", fix="put spaces between them")
    time = _time_index(variables, alone)
    items = []
    for run in runs:
        after = literals[run[-1] + 1]
        if len(run) > 1:
            items.append(_joined([variables[index] for index in run], after))
        else:
            known = {variables[index].field for index in alone if index < run[0]}
            items.append(_item(variables[run[0]], run[0] == time, known, after))
    notes = [_note([names[index] for index in run]) for run in runs if len(run) > 1]
    return FormatPattern(literals[0] + _pattern(items), tuple(notes))


def literal(text: str) -> str:
    """Return a regular expression that matches exactly this text."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _with_path(names: Sequence[str], date: str) -> list[Variable]:
    """Return the variables; without a whole uri the path is the uri."""
    found = [variable(name, date) for name in names]
    if any(one.field == "uri" for one in found):
        return found
    return [variable("uri") if name == "var.PATH_INFO" else one for name, one in zip(names, found, strict=True)]


def _runs(variables: Sequence[Variable], literals: Sequence[str]) -> list[list[int]]:
    """Return the indexes of the variables; those that cannot be told apart together."""
    runs = [[0]]
    for index in range(1, len(variables)):
        if literals[index] or _are_separable(variables[index - 1], variables[index]):
            runs.append([index])
        else:
            runs[-1].append(index)
    return runs


def _are_separable(one: Variable, two: Variable) -> bool:
    """Return whether it is certain where one value ends and the next begins."""
    if one.grok in NUMBERS:
        return two.field in ("uri", "method", "httpVer") or two.grok == "UWSGI_DATE"
    if one.grok:
        return True  # a date ends by itself
    if two.field == "uri":
        return one.field in _WITHOUT_SLASH
    return bool(two.grok) and two.grok not in NUMBERS


def _time_index(variables: Sequence[Variable], readable: Sequence[int]) -> int:
    """Return the index of the variable with the finest time, which the point gets; -1 for none."""
    times = [(variables[index].rank, index) for index in readable if variables[index].time]
    return min(times)[1] if times else -1


def _item(one: Variable, is_time: bool, known: set[str], after: str) -> _Item:
    """Return the item of a variable; a repeated one is matched but not captured again."""
    modifier = one.time if is_time else one.modifier
    name = "" if one.field in known else f":{one.field}" + (f":{modifier}" if modifier else "")
    shape = f"%{{{one.grok}}}" if one.grok else one.shape
    if one.field == "httpVer":
        capture = f"(?:HTTP/%{{UWSGI_HTTPVER{name}}}|%{{DATA}})"
    else:
        value = f"%{{{one.grok or 'DATA'}{name}}}"
        capture = f"(?:-|{value})" if one.dash else value
    return _Item(capture, shape, "/" if one.field == "uri" else shape, not one.grok, after)


def _joined(run: Sequence[Variable], after: str) -> _Item:
    """Return the item of values that cannot be told apart: matched together, and not captured."""
    if all(one.grok in NUMBERS for one in run):
        return _Item(_DIGITS, _DIGITS, _DIGITS, False, after)
    return _Item("%{DATA}", "", "", True, after)


def _note(names: Sequence[str]) -> str:
    together = ", ".join(f"%({name})" for name in names)
    return f"nothing separates {together}, so they are not read; put spaces between them in log-format"


def _pattern(items: Sequence[_Item]) -> str:
    shapes = [item.shape and item.shape + item.after for item in items]
    pattern = ""
    for index, item in enumerate(items):
        following = items[index + 1] if index + 1 < len(items) else None
        if not item.is_free or following is None:
            pattern += item.capture + item.after
        else:
            ahead = shapes[index + 1] if item.after else following.begins
            pattern += _free_text(item.capture, item.after, ahead)
    return pattern


def _free_text(capture: str, after: str, ahead: str) -> str:
    """Return free text and the literal after it; the text ends where the literal and what follows first match."""
    if not after and not ahead:
        return capture
    return f"(?>{capture}{after}{f'(?={ahead})' if ahead else ''})"
