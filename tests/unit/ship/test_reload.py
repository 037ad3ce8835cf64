"""SIGHUP: settings that can be used replace the others, those that cannot do not."""

import pytest

from logshipper.errors import UserError
from logshipper.settings.options import Agent, Settings
from logshipper.ship.reload import Reload

OTHER = Settings(agent=Agent(hostname="other"))


def test_settings_that_can_be_used_are_taken() -> None:
    reload = Reload(lambda: OTHER)
    reload.asked = True
    assert reload.read()
    assert (reload.settings, reload.asked) == (OTHER, False)


def test_settings_that_cannot_be_used_are_named_and_left(caplog: pytest.LogCaptureFixture) -> None:
    def read() -> Settings:
        raise UserError("no input", where="c.toml", fix="add [[inputs.logparser]]")

    reload = Reload(read)
    assert not reload.read()
    assert reload.settings is None
    assert caplog.messages == [
        "c.toml: no input; add [[inputs.logparser]]",
        "the settings were not reloaded; keeping the previous ones",
    ]


def test_without_a_terminal_the_signal_is_a_wish() -> None:
    assert not Reload(lambda: OTHER).is_hang_up()


def test_a_terminal_that_is_gone_is_a_hang_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda _: True)
    reload = Reload(lambda: OTHER)
    assert not reload.is_hang_up()
    monkeypatch.setattr("os.isatty", lambda _: False)
    assert reload.is_hang_up()
