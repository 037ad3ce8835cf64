"""Every output of the settings has a check."""

from typing import Any

import pytest

from logshipper.checks.outputs import CHECKS, check_outputs
from logshipper.settings.options import OUTPUTS, Settings

NOBODY = "127.0.0.1:1"
GIVEN: dict[str, dict[str, Any]] = {
    "influxdb": {"urls": [f"http://{NOBODY}"]},
    "influxdb_v2": {"urls": [f"http://{NOBODY}"], "bucket": "b"},
    "file": {"files": ["/nowhere/a.lp", "stdout"]},
    "sqlite": {"path": "/nowhere/a.db"},
    "kafka": {"brokers": [NOBODY]},
}


def test_there_is_a_check_for_each_output() -> None:
    assert set(CHECKS) == set(OUTPUTS), "write the check of the new output in logshipper/checks/"


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_that_cannot_be_written_is_found(name: str) -> None:
    given: dict[str, Any] = {name: [OUTPUTS[name](**GIVEN[name])]}
    settings = Settings(**given)
    found = list(check_outputs(settings, None, 0.0))
    assert {one.subject for one in found} == {"output"}
    assert "bad" in {one.status for one in found}
