"""What a server's answer says, if it is JSON."""

import pytest

from logshipper.outputs.answer_json import error_text, read_json


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("<html>", "Expecting value"),
        (b"\xff", "codec can't decode"),
        ("[" * 60_000, "nested too deeply"),
        ('{"error":' * 20_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_or_nests_too_deeply_is_a_value_error(text: str | bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_json(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"error": "database not found"}', "database not found"),
        ('{"code": "invalid", "message": "unable to parse"}', "unable to parse"),
        ('{"error": "partial write", "data": [1]}', "partial write [1]"),
        ('{"results": []}', ""),
        ("[1]", ""),
        ("<html>", ""),
        ("[" * 60_000, ""),
    ],
)
def test_the_error_of_an_answer_is_found(text: str, said: str) -> None:
    assert error_text(text) == said
