"""The messages in the reference are those of the source, with words in capitals for what is known later."""

from logshipper.errors import RunError, UserError
from tools.reference import messages


def test_a_message_stands_beside_its_fix_and_exit_code() -> None:
    assert messages.Message("--timeout limits only --once", "add --once, or leave --timeout out", 2) in messages.found()


def test_what_is_known_later_is_a_word_in_capitals() -> None:
    assert "there is no command CMD_NAME" in {one.what for one in messages.found()}


def test_a_fix_that_a_variable_holds_is_found() -> None:
    assert messages.Message("the pattern names no value", "give one a name, such as %{NUMBER:status:int}", 2) in (
        messages.found()
    )


def test_a_fix_that_depends_on_the_case_is_left_empty() -> None:
    assert {one.fix for one in messages.found() if one.what == "the URL contains a user or password"} == {""}


def test_each_message_is_there_once() -> None:
    assert len(set(messages.found())) == len(messages.found()) > 50


def test_exit_codes_are_those_of_the_errors() -> None:
    page = messages.exit_codes()
    assert f"| {RunError.exit_code} | A failure at run time" in page
    assert f"| {UserError.exit_code} | Wrong usage or settings" in page
