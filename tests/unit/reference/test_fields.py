"""The columns in the reference are those that the parser makes, and each has a meaning."""

import pytest

from tools.reference import fields


def test_columns_have_the_types_that_the_parser_gives_them() -> None:
    page = fields.columns()
    assert "| `uri` | tag | " in page
    assert "| `resTime` | whole number | " in page
    assert "| `httpVer` | number | " in page


def test_a_column_without_a_meaning_ends_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {name: meaning for name, meaning in fields.MEANINGS["uwsgi_log"].items() if name != "status"}
    monkeypatch.setitem(fields.MEANINGS, "uwsgi_log", without)
    with pytest.raises(LookupError, match=r"uwsgi_log: explain \['status'\]"):
        fields.columns()


def test_a_meaning_without_a_column_ends_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fields.MEANINGS, "uwsgi_log", {**fields.MEANINGS["uwsgi_log"], "gone": "nothing"})
    with pytest.raises(LookupError, match="gone"):
        fields.columns()


def test_every_kind_of_event_is_listed() -> None:
    assert {"`start`", "`harakiri`", "`traceback`", "`app_output`"} <= set(fields.events().split())
