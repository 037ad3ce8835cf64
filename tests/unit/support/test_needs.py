"""A missing program skips the test, or fails it in CI."""

import pytest

from tests.support import needs


def test_a_missing_program_skips_and_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install nosuch"):
        needs.need("no-such-program", package="nosuch")


def test_in_ci_a_missing_program_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install nosuch"):
        needs.need("no-such-program", package="nosuch")
