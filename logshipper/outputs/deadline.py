"""An end to requests that trickle: urllib3's timeouts begin anew with each byte that comes."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any


class Deadline:
    """Ends a request that takes too long as a whole, by shutting its connection down.

    `connects` counts the connections that were made.
    """

    def __init__(self, pool_manager: Any, seconds: float) -> None:
        """Watch the connections that the manager will make. It is used by one thread, so there is one at a time."""
        from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

        self._seconds = seconds
        self.connects = 0
        self._connection: Any = None
        pools = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
        pool_manager.pool_classes_by_scheme = {scheme: self._watched(pool) for scheme, pool in pools.items()}

    def _watched(self, pool: Any) -> Any:
        watch = self

        class Connection(pool.ConnectionCls):  # type: ignore[misc]
            def connect(self) -> None:
                super().connect()
                watch._connection = self
                watch.connects += 1

        return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": Connection})

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Let the request that is made inside take no longer than the time given; it fails then as if cut off."""
        timer = threading.Timer(self._seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        made = getattr(self._connection, "sock", None)
        if made is not None:
            with contextlib.suppress(OSError):
                # Not that of the TLS socket, which another thread is using.
                socket.socket.shutdown(made, socket.SHUT_RDWR)
