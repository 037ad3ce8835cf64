"""Where the application's settings come from."""

import pytest

from flaskapp import create_app


def test_by_default_waits_are_real_and_a_fifth_of_requests_fail() -> None:
    config = create_app().config
    assert (config["WAIT_SCALE"], config["ERROR_PROBABILITY"]) == (1.0, 0.2)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASKAPP_WAIT_SCALE", "0.1")
    monkeypatch.setenv("FLASKAPP_ERROR_PROBABILITY", "1")
    config = create_app().config
    assert (config["WAIT_SCALE"], config["ERROR_PROBABILITY"]) == (0.1, 1.0)


def test_explicit_settings_override_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASKAPP_WAIT_SCALE", "0.1")
    assert create_app({"WAIT_SCALE": 0}).config["WAIT_SCALE"] == 0.0


@pytest.mark.parametrize("value", ["abc", "", "-1", "NaN", "1001", "[]"])
def test_an_invalid_scale_is_refused_in_one_line(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASKAPP_WAIT_SCALE", value)
    with pytest.raises(ValueError, match=r"WAIT_SCALE is .*; it must be a number from 0 to 1000"):
        create_app()


def test_a_probability_above_one_is_refused() -> None:
    with pytest.raises(ValueError, match="ERROR_PROBABILITY is 20; it must be a number from 0 to 1 "):
        create_app({"ERROR_PROBABILITY": 20})
