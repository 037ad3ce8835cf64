"""Routes: exported from an application, and matched as in the application."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logshipper.errors import UserError
from logshipper.parse.routes import NO_ROUTE, RouteOf, exported, route_of

flask = pytest.importorskip("flask")
routing = pytest.importorskip("werkzeug.routing")
exceptions = pytest.importorskip("werkzeug.exceptions")


# Rules for one path that differ in their methods alone.
EACH = (("string", "PUT"), ("int", "PATCH"), ("float", "POST"), ("path", "DELETE"))


class Slug(routing.BaseConverter):  # type: ignore[misc, name-defined, unused-ignore]
    regex = "[a-z]+-[a-z]+"


def application() -> Any:
    """An application with every kind of rule."""
    app = flask.Flask("sample", static_folder=None)
    app.url_map.converters["slug"] = Slug
    rules: list[tuple[str, dict[str, Any]]] = [
        ("/", {}), ("/about/", {}), ("/user/<int:id>", {}), ("/user/<name>", {}), ("/user/<name>/posts", {}),
        ("/files/<path:name>", {}), ("/x/<float:f>", {}), ("/u/<uuid:key>", {}), ("/<any(red, blue):color>", {}),
        ("/s/<slug:title>", {}), ("/post-only", {"methods": ["POST"]}),
        *((f"/each/<{kind}:n>", {"methods": [method]}) for kind, method in EACH), ("/a/b", {"strict_slashes": False}),
        ("/café/<n>", {}), ("/page", {"defaults": {"number": 1}}), ("/page/<int:number>", {}),
    ]  # fmt: skip
    for rule, options in rules:
        app.add_url_rule(rule, endpoint=rule or "root", view_func=lambda **_: "x", **options)
    return app


APP = application()


@pytest.fixture(scope="module")
def route(tmp_path_factory: pytest.TempPathFactory) -> RouteOf:
    file = tmp_path_factory.mktemp("routes") / "routes.json"
    file.write_text(json.dumps(exported(APP.url_map)))
    return route_of(file)


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/", "GET", "/"),
        ("/user/7", "GET", "/user/<int:id>"),
        ("/user/ann", "GET", "/user/<name>"),
        ("/user/ann%20b/posts", "GET", "/user/<name>/posts"),
        ("/files/a/b/c.txt", "HEAD", "/files/<path:name>"),
        ("/x/1.5", "GET", "/x/<float:f>"),
        ("/u/6f61bc44-321b-11e6-8050-000000000000", "GET", "/u/<uuid:key>"),
        ("/red", "GET", "/<any(red, blue):color>"),
        ("/s/a-b", "GET", "/s/<slug:title>"),
        ("/about", "GET", "/about/"),  # redirected to the rule that is meant
        ("/a/b/", "GET", "/a/b"),
        ("//user//7", "GET", "/user/<int:id>"),
        ("/post-only", "GET", "/post-only"),  # refused for its method
        ("/each/5", "GET", "/each/<path:n>"),  # of several rules that of the first method by name
        ("/post-only", "POST", "/post-only"),
        ("/caf%C3%A9/1", "GET", "/café/<n>"),
        ("http://example.org/user/7", "GET", "/user/<int:id>"),
        ("/page/3", "GET", "/page/<int:number>"),
        ("/s/AB", "GET", NO_ROUTE),
        ("/nowhere", "GET", NO_ROUTE),
        ("/user/", "GET", NO_ROUTE),
        ("*", "OPTIONS", NO_ROUTE),
        ("-", "-", NO_ROUTE),
        ("", "GET", "/"),
    ],
)
def test_each_kind_of_path_matches_its_rule(route: RouteOf, path: str, method: str, expected: str) -> None:
    assert route(path, method).encode("latin-1").decode() == expected


PIECES = ["user", "7", "ann", "posts", "files", "a.txt", "x", "1.5", "red", "s", "a-b", "about", "page", "é", ""]


@given(st.lists(st.sampled_from(PIECES), max_size=5), st.sampled_from(["GET", "HEAD", "POST", "OPTIONS"]))
@settings(deadline=None)
def test_any_path_matches_the_same_rule_as_in_the_application(route: RouteOf, parts: list[str], method: str) -> None:
    path = "/" + "/".join(parts)
    try:
        own, _ = APP.url_map.bind("localhost").match(path, method, return_rule=True)
        expected = own.rule
    except exceptions.NotFound:
        expected = NO_ROUTE
    except (exceptions.MethodNotAllowed, routing.RequestRedirect):
        return  # what is meant by these is shown above
    assert route(path.encode().decode("latin-1"), method).encode("latin-1").decode() == expected


@given(st.text(st.characters(codec="latin-1"), max_size=50), st.text(max_size=8))
def test_no_path_makes_the_matcher_fail(route: RouteOf, path: str, method: str) -> None:
    assert isinstance(route(path, method), str)


def test_routes_of_a_mounted_application_match_below_its_prefix(tmp_path: Path) -> None:
    file = tmp_path / "routes.json"
    file.write_text(json.dumps(exported(APP.url_map, "/shop/")))
    route = route_of(file)
    assert route("/shop/user/7", "GET") == "/user/<int:id>"
    assert route("/shop", "GET") == "/"
    assert route("/shopping/user/7", "GET") == NO_ROUTE


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 99}', '{"version": 1, "prefix": "", "rules": 1}'])
def test_a_file_without_routes_is_a_user_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "routes.json"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        route_of(file)
    assert str(file) in str(caught.value)
    with pytest.raises(UserError, match="cannot read"):
        route_of(tmp_path / "none.json")
