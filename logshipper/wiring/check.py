"""Load a settings file and check everything that can be checked before the start; report all errors together."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from logshipper.errors import UserError, raise_all
from logshipper.parse.redaction import PrivacyRules
from logshipper.settings.load import Loaded, read
from logshipper.settings.options import Settings
from logshipper.wiring.parsers import build_parser, json_input, privacy_rules, routes
from logshipper.wiring.state import check_files


def load_checked(
    file: Path, environment: Mapping[str, str] = os.environ, *, shipping: bool = True, waiting: bool = False
) -> Loaded:
    """Read a settings file. Raises UserError, for all that is wrong with its keys and patterns together.

    With `shipping`, the outputs, their secrets and the logs' folders are checked too; if `waiting`, a folder may come
    later.
    """
    loaded = read(file, environment)
    errors = {str(error): error for error in (*loaded.errors, *_errors(loaded.settings, shipping, waiting))}
    raise_all(sorted(errors.values(), key=lambda error: error.line))
    return loaded


def _errors(settings: Settings, shipping: bool, waiting: bool) -> list[UserError]:
    errors: list[UserError] = []
    if shipping:
        from logshipper.wiring.outputs import plan_outputs  # may bring the HTTP client: a tenth of a second, 5 MiB

        _collect(errors, plan_outputs, settings)
        if not waiting:
            _collect(errors, check_files, settings)
    _collect(errors, privacy_rules, settings)
    _collect(errors, routes, settings)
    for input_ in settings.inputs:
        _collect(errors, build_parser, settings, input_)  # stops at the first kind of error
        _collect(errors, json_input, input_, PrivacyRules())
    return errors


def _collect(errors: list[UserError], check: Callable[..., object], *arguments: object) -> None:
    try:
        check(*arguments)
    except UserError as error:
        errors.extend(error.each())
