"""A real InfluxDB 2.x, which no Debian package has: INFLUXD2 names the program."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

import pytest

from logshipper.outputs.api import ApiError
from tests.support.network import fetch
from tests.support.processes import LocalServer, Server
from tests.support.waiting import wait_until

INFLUXD2 = os.environ.get("INFLUXD2", "")


@dataclass
class Influxd2(LocalServer):
    """An InfluxDB 2.x on a free port, with its data in the folder; `env` is added to its environment."""

    env: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> Self:
        """Start it and wait until it can be set up; without the program the test is skipped, on every machine."""
        if not INFLUXD2:
            pytest.skip("INFLUXD2 names no InfluxDB 2.x (there is no Debian package)")
        self.folder.mkdir(parents=True, exist_ok=True)
        files = [f"--bolt-path={self.folder}/bolt", f"--sqlite-path={self.folder}/sqlite"]
        command = [INFLUXD2, *files, f"--engine-path={self.folder}/engine", "--reporting-disabled"]
        command.append(f"--http-bind-address=127.0.0.1:{self.port}")
        self.server = Server(command, self.folder / "out", self.env).start()
        self.server.wait_ready(lambda: fetch(f"{self.url}/api/v2/setup")[0] == 200)
        return self


def patiently(action: Callable[[], object]) -> None:
    """Do it again while the server answers that it took too long: a busy machine is no failure."""

    def attempt() -> bool:
        try:
            action()
        except ApiError as error:
            if error.status not in {0, 500, 503}:
                raise
            raise AssertionError(str(error)) from None
        return True

    wait_until(attempt, "a write")
