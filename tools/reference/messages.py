"""The error messages and exit codes, read out of the source: what is said, and the fix that stands beside it."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import logshipper
from logshipper.errors import RunError, UserError

_ERRORS = {kind.__name__: kind.exit_code for kind in (UserError, RunError)}


@dataclass(frozen=True, order=True, slots=True)
class Message:
    """One message; what is not known before the program runs is a word in capitals."""

    what: str
    fix: str
    exit_code: int


def markdown() -> str:
    """Return a table of the messages, in alphabetical order."""
    rows = "\n".join(f"| {_code(one.what)} | {_code(one.fix)} | {one.exit_code} |" for one in found())
    return f"| message | fix | exit code |\n|---|---|---|\n{rows}"


def exit_codes() -> str:
    """Return what each exit code means, from the errors that have it."""
    rows = [f"| {kind.exit_code} | {(kind.__doc__ or '').splitlines()[0]} |" for kind in (RunError, UserError)]
    return "\n".join(["| exit code | |", "|---|---|", "| 0 | Done, and nothing was rejected. |", *rows])


@cache
def found() -> tuple[Message, ...]:
    """Return every message whose text stands where the error is made."""
    folder = Path(logshipper.__file__).parent
    messages = {one for path in folder.rglob("*.py") for one in _in(ast.parse(path.read_text()))}
    return tuple(sorted(messages, key=lambda one: (one.what.lower(), one)))


def _in(tree: ast.Module) -> Iterator[Message]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            texts = _assigned(function)
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in _ERRORS
                    and node.args
                ):
                    fix = next((keyword.value for keyword in node.keywords if keyword.arg == "fix"), None)
                    yield from _messages(_texts(node.args[0], texts), _texts(fix, texts), _ERRORS[node.func.id])


def _messages(whats: list[str], fixes: list[str], exit_code: int) -> Iterator[Message]:
    """Yield the message if its text stands there. A fix that depends on the case is left empty."""
    for what in whats:
        if any(letter.islower() for letter in what):
            yield Message(what, fixes[0] if len(fixes) == 1 else "", exit_code)


def _assigned(function: ast.AST) -> dict[str, list[str]]:
    """Return the texts that a function gives its variables."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).extend(_texts(node.value, {}))
    return found


def _texts(node: ast.expr | None, variables: Mapping[str, list[str]]) -> list[str]:
    """Return the texts that an expression may be: itself, either side of an if, what a variable was given."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body, variables) + _texts(node.orelse, variables)
    if isinstance(node, ast.Name):
        return variables.get(node.id, [""])
    return [_text(node)] if node else [""]


def _text(node: ast.expr) -> str:
    """Return a text with the names of its variables in capitals; "" for a text that is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else _variable(part) for part in node.values)
    return ""


def _variable(part: ast.expr) -> str:
    inner = part.value if isinstance(part, ast.FormattedValue) else part
    for node in ast.walk(inner):
        if isinstance(node, ast.Attribute | ast.Name):
            return (node.attr if isinstance(node, ast.Attribute) else node.id).strip("_").upper()
    return "…"


def _code(text: str) -> str:
    return "`` " + text.replace("|", r"\|").replace("\n", " ") + " ``" if text else ""
