"""The input for a uWSGI configuration is the one that `logshipper pattern --config` prints."""

from pathlib import Path

import pytest

from logshipper.settings.load import load
from logshipper.uwsgi.logformat import request_log
from logshipper.uwsgi.options import Options
from logshipper.uwsgi.snippet import whole_settings
from logshipper.wiring.uwsgi_input import uwsgi_input


@pytest.mark.parametrize(
    "options",
    [
        [("logto", "/log/a.log")],
        [("logto", "/log/a.log"), ("log-format", "%(ftime) %(uri)"), ("log-date", "%Y"), ("log-format-strftime", "")],
        [("logger", "file:/log/a.log"), ("log-encoder", 'json {"at":${unix},"m":"${msg}"}')],
    ],
)
def test_the_input_equals_the_one_that_pattern_prints(options: Options, tmp_path: Path) -> None:
    log = request_log(options)
    (tmp_path / "settings.toml").write_text(whole_settings(log))
    assert uwsgi_input(log, ["/log/a.log"]) == load(tmp_path / "settings.toml").settings.inputs[0]
