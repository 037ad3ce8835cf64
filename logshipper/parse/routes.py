"""An application's routes: exported once from its `url_map`, and matched as the application itself would.

The file is JSON: `{"version": 1, "prefix": "", "strict_slashes": true, "merge_slashes": true, "converters": {NAME: …},
"rules": [{"rule", "methods", "strict_slashes", "merge_slashes", "websocket", "defaults"}]}`. Of the application's own
converters only the expression is kept, so a value that their `to_python` would refuse matches here.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from logshipper.errors import UserError

if TYPE_CHECKING:
    from werkzeug.routing import Map, MapAdapter

VERSION = 1
NO_ROUTE = "(none)"
# How many answers of the matcher are cached, by path and method.
_MOST_REMEMBERED = 10_000
_FIX = "pip install 'flaskfana[routes]'"

RouteOf = Callable[[str, str], str]


def exported(url_map: "Map", prefix: str = "") -> dict[str, Any]:
    """Return a `url_map` in a form that JSON can hold; `prefix` is where the application is mounted, such as /shop."""
    stock = set(type(url_map).default_converters)
    rules = [
        {
            "rule": rule.rule,
            "methods": sorted(rule.methods) if rule.methods else None,
            "strict_slashes": rule.strict_slashes,
            "merge_slashes": rule.merge_slashes,
            "websocket": rule.websocket,
            "defaults": {key: str(value) for key, value in (rule.defaults or {}).items()},
        }
        for rule in url_map.iter_rules()
        if not rule.build_only
    ]
    converters = {
        name: {"regex": kind.regex, "part_isolating": kind.part_isolating, "weight": kind.weight}
        for name, kind in url_map.converters.items()
        if name not in stock or kind is not type(url_map).default_converters[name]
    }
    return {
        "version": VERSION,
        "prefix": prefix.rstrip("/"),
        "strict_slashes": url_map.strict_slashes,
        "merge_slashes": url_map.merge_slashes,
        "converters": converters,
        "rules": rules,
    }


def route_of(file: Path) -> RouteOf:
    """Return the function from path and method to the rule, such as `/user/<int:id>`, or `(none)`.

    A path that the application would redirect (a missing slash) or refuse for its method counts for the rule that it
    would have reached. Text is latin-1-decoded bytes, as in the log. Raises UserError for a file that cannot be used.
    """
    try:
        content = json.loads(file.read_text("utf-8"))
        if content["version"] != VERSION:
            raise UserError(
                f"unknown version {content['version']} of the routes file",
                where=str(file),
                fix="export it again: logshipper routes MODULE:APP",
            )
        adapter, prefix = _adapter(content), str(content["prefix"])
    except OSError as error:
        raise UserError(
            f"cannot read the routes: {error.strerror}",
            where=str(file),
            fix="export them: logshipper routes MODULE:APP",
        ) from error
    except (ValueError, KeyError, TypeError, LookupError) as error:
        raise UserError(
            f"not a routes file ({error})", where=str(file), fix="export it: logshipper routes MODULE:APP"
        ) from error

    @lru_cache(maxsize=_MOST_REMEMBERED)
    def route(path: str, method: str) -> str:
        text = unquote_to_bytes(_path(path).encode("latin-1")).decode("utf-8", errors="replace")
        if prefix:
            if not f"{text}/".startswith(f"{prefix}/"):
                return NO_ROUTE
            text = text[len(prefix) :] or "/"
        return _matched(adapter, text, method.upper()).encode().decode("latin-1")

    return route


def _path(uri: str) -> str:
    """Return the path of a request target: a proxy's client may send a whole URL."""
    if uri.startswith("/"):
        return uri
    try:
        return urlsplit(uri).path
    except ValueError:
        return uri


def _adapter(content: Mapping[str, Any]) -> "MapAdapter":
    try:
        from werkzeug.routing import BaseConverter, Map, Rule
    except ModuleNotFoundError as error:
        raise UserError("werkzeug is not installed", where="routes_file", fix=_FIX) from error
    converters = {
        name: type(f"{name}_converter", (BaseConverter,), _Flexible.members(known))
        for name, known in content["converters"].items()
    }
    rules = [
        Rule(
            known["rule"],
            endpoint=known["rule"],
            methods=known["methods"],
            strict_slashes=known["strict_slashes"],
            merge_slashes=known["merge_slashes"],
            websocket=known["websocket"],
            defaults=known["defaults"] or None,
        )
        for known in content["rules"]
    ]
    url_map = Map(
        rules,
        converters=converters,
        strict_slashes=content["strict_slashes"],
        merge_slashes=content["merge_slashes"],
        redirect_defaults=False,
    )
    return url_map.bind("localhost")


class _Flexible:
    """Stands for a converter of the application's own: its expression, with any arguments."""

    @staticmethod
    def members(known: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members of its class."""

        def initialise(self: Any, url_map: "Map", *args: Any, **kwargs: Any) -> None:
            self.map = url_map

        return {"__init__": initialise, **known}


def _matched(adapter: "MapAdapter", path: str, method: str, again: bool = True) -> str:
    from werkzeug.exceptions import MethodNotAllowed, NotFound
    from werkzeug.routing import RequestRedirect, WebsocketMismatch

    try:
        endpoint, _ = adapter.match(path, method)
        return str(endpoint)
    except RequestRedirect as redirect:
        return _matched(adapter, urlsplit(redirect.new_url).path, method, again=False) if again else NO_ROUTE
    except MethodNotAllowed as refused:
        methods = sorted(refused.valid_methods or ())  # the order of a set differs between processes
        return _matched(adapter, path, methods[0], again=False) if again and methods else NO_ROUTE
    except WebsocketMismatch:
        endpoint, _ = adapter.match(path, method, websocket=True)
        return str(endpoint)
    except NotFound:
        return NO_ROUTE
