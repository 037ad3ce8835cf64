"""The set-up's client: it goes to the one server that it was given, and no error shows what signs in."""

import json

import pytest

from logshipper.outputs.api import Api, ApiError, basic
from tests.support.http_server import Serve
from tests.support.network import free_port


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve: Serve, status: int) -> None:
    thief, stolen = serve(200, b"{}")
    url, _ = serve(status, b"", {"Location": f"{thief}/x"})
    api = Api(url, {"Authorization": "Token t0ken-t0ken"})
    for ask in (lambda: api.get("/ping"), lambda: api.influxql("SHOW DATABASES")):
        with pytest.raises(ApiError, match="redirects are not followed") as found:
            ask()
        assert found.value.status == status
    assert stolen == []


def test_proxies_in_the_environment_are_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    thief, stolen = serve(200, b"{}")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, thief)
    url, seen = serve(200, b'{"a": 1}')
    assert Api(url, basic("admin", "pa55word")).get("/x") == {"a": 1}
    assert (len(seen), stolen) == (1, [])


def test_an_error_does_not_show_a_secret_that_the_server_echoes(serve: Serve) -> None:
    statement = "SET PASSWORD FOR \"ann\" = 'n3w-pa55'"
    echo = f"t0ken-t0ken pa55word {basic('a', 'pa55word')['Authorization'][6:]} n3w-pa55 \x1b[2J\n"
    for headers in ({"Authorization": "Token t0ken-t0ken"}, basic("a", "pa55word")):
        for status, body in (
            (400, echo),
            (400, json.dumps({"error": echo})),
            (200, json.dumps({"results": [{"error": echo}]})),
        ):
            url, _ = serve(status, body.encode())
            with pytest.raises(ApiError) as found:
                Api(url, headers).influxql(statement)
            own = "t0ken" if "Token" in headers["Authorization"] else "pa55word"
            assert own not in str(found.value)
            assert "n3w" not in str(found.value)
            assert str(found.value).isprintable()


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000, b"\xff"])
def test_a_response_that_is_not_json_gives_an_error_in_one_line(serve: Serve, body: bytes) -> None:
    url, _ = serve(200, body)
    with pytest.raises(ApiError, match="not JSON"):
        Api(url).get("/x")


def test_an_error_that_nests_too_deeply_is_still_an_error(serve: Serve) -> None:
    url, _ = serve(500, b"[" * 60_000)
    with pytest.raises(ApiError) as found:
        Api(url).get("/x")
    assert found.value.status == 500


def test_an_unreachable_server_gives_an_error_in_one_line() -> None:
    with pytest.raises(ApiError, match="refused") as found:
        Api(f"http://127.0.0.1:{free_port()}").get("/x")
    assert found.value.status == 0
