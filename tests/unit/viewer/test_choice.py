"""What an address chooses, and the SQL that it becomes."""

import sqlite3

import pytest

from logshipper.viewer.choice import Choice, as_text

NAMES = {"uri": "uri", "method": "method"}


def test_an_address_chooses_a_period_and_filters() -> None:
    assert Choice.of({"last": "1 hour", "uri": "/a", "method": ""}) == Choice(3600, None, None, (("uri", "/a"),))
    assert Choice.of({"last": "all"}).last is None
    assert Choice.of({"from": "2026-03-01T12:00:00", "to": "2026-03-01T12:00:00+01:00"}).since == 1772366400
    assert Choice.of({"to": "2026-03-01T12:00:00+01:00"}).until == 1772362800


def test_what_is_no_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        Choice.of({"from": "yesterday"})


@pytest.mark.parametrize(
    ("given", "uris"),
    [("/a", ["/a"]), ("/a*", ["/a", "/a/b", "/a?x", "/a[1]"]), ("*b", ["/a/b", "/b"]), ("/a[*", ["/a[1]"]),
     ("/a?*", ["/a?x"]), ("' OR 1=1 --", [])],
)  # fmt: skip
def test_a_star_in_a_uri_stands_for_anything_and_nothing_else_does(given: str, uris: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (uri TEXT, method TEXT)")
    all_uris = ["/a", "/a/b", "/a[1]", "/a?x", "/b"]
    connection.executemany("INSERT INTO t VALUES (?, 'GET')", [(uri,) for uri in all_uris])
    conditions, parameters = Choice.of({"uri": given, "method": "GET"}).sql(NAMES)
    found = connection.execute(f"SELECT uri FROM t WHERE 1{conditions} ORDER BY uri", parameters)
    assert [uri for (uri,) in found] == uris


def test_the_column_of_a_filter_is_the_one_that_the_file_has() -> None:
    chosen = Choice.of({"address": "10.0.0.*", "log": "/var/log/app.log"})
    assert chosen.needs_rows
    assert not Choice.of({"uri": "/", "method": "GET", "status_class": "5xx"}).needs_rows
    assert chosen.columns(["path", "client_ip"]) == {"address": '"client_ip"', "log": '"path"'}
    assert chosen.columns(["remoteAddr"]) == {"address": '"remoteAddr"', "log": "''"}
    conditions, parameters = chosen.sql(chosen.columns(["path", "remoteAddr"]))
    assert conditions == ' AND "remoteAddr" GLOB ? AND "path" = ?'
    assert parameters == ["10.0.0.*", "/var/log/app.log"]


def test_a_second_is_the_beginning_of_the_times_in_the_file() -> None:
    assert as_text(1772366400) == "2026-03-01T12:00:00"
    assert as_text(-5) == "1970-01-01T00:00:00"
    assert as_text(2**60).startswith("4147")
