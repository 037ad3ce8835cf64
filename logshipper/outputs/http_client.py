"""What sends requests to InfluxDB: influxdb-client's own, without the models of its whole API.

Those take 15 MB and a quarter of a second, and a write needs none of them.
"""

import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_LOADING = threading.Lock()
# The packages that import everything when they are imported.
_PACKAGES = ("influxdb_client", "influxdb_client.client")


def load() -> None:
    """Import what `rest_client` needs: one thread alone, since two would find it half made."""
    with _LOADING, _empty_packages():
        for name in ("rest", "configuration", "_sync.rest"):
            importlib.import_module(f"influxdb_client.{name}")


@contextmanager
def _empty_packages() -> Iterator[None]:
    """Let modules of the packages be imported without the packages' own code; who imports these later finds all."""
    empty: dict[str, ModuleType] = {}
    for name in _PACKAGES:
        spec = importlib.util.find_spec(name)
        if name not in sys.modules and spec:
            sys.modules[name] = empty[name] = importlib.util.module_from_spec(spec)
    try:
        yield
    finally:
        for name in empty:
            del sys.modules[name]


def rest_client(timeout: float, *, verify: bool, ca: str, cert: str, key: str) -> Any:
    """Return a client that sends requests: `timeout` in seconds for each step of one, files of certificates or ""."""
    from influxdb_client._sync.rest import RESTClientObject
    from influxdb_client.configuration import Configuration

    configuration = Configuration()  # type: ignore[no-untyped-call]
    configuration.timeout = int(timeout * 1000)
    configuration.verify_ssl = verify
    configuration.ssl_ca_cert = ca or None
    configuration.cert_file, configuration.cert_key_file = cert or None, key or None
    return RESTClientObject(configuration)  # type: ignore[no-untyped-call]
