"""A request is counted under its method and route."""

import pytest

from logshipper.report import routes as module
from logshipper.report.routes import OTHER, Names, plain_path, without_ids


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/user/17", "/user/<id>"),
        ("/user/17/cart/3", "/user/<id>/cart/<id>"),
        ("/o/0b5a7c1e-9f4e-4c8b-8a54-0d6b0c9d2f11/x", "/o/<id>/x"),
        ("/blob/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/blob/<id>"),
        ("/v2/users", "/v2/users"),
        ("/2026-03", "/2026-03"),
        ("/", "/"),
        ("/facade", "/facade"),
    ],
)
def test_ids_are_left_out_of_a_path(path: str, expected: str) -> None:
    assert without_ids(path) == expected


def test_the_query_is_no_part_of_the_name() -> None:
    assert Names(without_ids)["GET", "/user/1?page=2"] == "GET /user/<id>"
    assert Names(plain_path)["GET", "/user/1?page=2"] == "GET /user/1"


def test_a_route_that_is_not_known_is_the_path() -> None:
    assert Names(lambda path, method: None)["GET", "/a"] == "GET /a"
    assert Names(lambda path, method: "/<page>")["", "/a"] == "/<page>"


def test_secrets_are_removed_first() -> None:
    assert Names(plain_path, lambda path: path.replace("S", "***"))["GET", "/a;token=S"] == "GET /a;token=***"


def test_text_is_utf_8() -> None:
    assert Names(plain_path)["GET", "/caf\xc3\xa9"] == "GET /café"


def test_names_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROUTES", 2)
    names = Names(plain_path)
    assert [names["GET", f"/{letter}"] for letter in "abca"] == ["GET /a", "GET /b", OTHER, "GET /a"]
    assert names.overflowed


def test_the_cache_is_limited_and_the_names_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_CACHED", 3)
    names = Names(without_ids)
    assert {names["GET", f"/user/{number}"] for number in range(10)} == {"GET /user/<id>"}
    assert len(names) <= 3
