"""The short form of the fault campaign: each case once, small, with a seed that a failure prints."""

import os
import secrets
from pathlib import Path

import pytest

from tests.faults.campaign import CASES, run_case
from tests.support.influxd import Influxd

SEED = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(10**6))


@pytest.mark.parametrize("number", sorted(CASES))
def test_a_fault_loses_and_repeats_no_point(number: int, influxd: Influxd, tmp_path: Path) -> None:
    outcome = run_case(number, influxd, tmp_path, SEED, short=True)
    assert not outcome.deviation, f"{outcome}; again with FAULTS_SEED={SEED}"
