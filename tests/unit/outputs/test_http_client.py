"""The client is loaded without the models of its API, and for others it is whole."""

import subprocess
import sys

from logshipper.outputs import http_client

LOADED = """
import sys
from logshipper.outputs import http_client
http_client.load()
sender = http_client.rest_client(5, verify=True, ca="", cert="", key="")
print(any(name.startswith("influxdb_client.domain") for name in sys.modules), sender.pool_manager is not None)
import influxdb_client
from influxdb_client.rest import ApiException
print(influxdb_client.InfluxDBClient.__name__, ApiException is sys.modules["influxdb_client.rest"].ApiException)
"""


def test_nothing_is_imported_that_a_write_does_not_need() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False True", "InfluxDBClient True"]


def test_the_settings_reach_the_connections() -> None:
    http_client.load()
    made = http_client.rest_client(2.5, verify=False, ca="/ca.pem", cert="/cert.pem", key="/key.pem")
    pool = made.pool_manager.connection_pool_kw
    assert made.configuration.timeout == 2500
    assert [pool[name] for name in ("cert_reqs", "ca_certs", "cert_file", "key_file")] == [
        0, "/ca.pem", "/cert.pem", "/key.pem",
    ]  # fmt: skip
