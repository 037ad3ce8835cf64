"""A time limit for a whole request: urllib3's timeouts start again with each byte that arrives."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Deadline:
    """Ends a request that takes too long, by shutting its connection down.

    `connections` counts the connections that were made.
    """

    def __init__(self, pool_manager: urllib3.PoolManager, seconds: float) -> None:
        """Watch the connections that the pool manager makes: one at a time, because one thread uses it."""
        self._seconds = seconds
        self.connections = 0
        self._connection: Any = None
        pools = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
        pool_manager.pool_classes_by_scheme = {scheme: self._watched(pool) for scheme, pool in pools.items()}

    def _watched(self, pool: Any) -> Any:
        watch = self

        class Connection(pool.ConnectionCls):  # type: ignore[misc]
            def connect(self) -> None:
                super().connect()
                watch._connection = self
                watch.connections += 1

        return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": Connection})

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Cut the connection if the request inside takes longer than the limit."""
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
                # Not the TLS socket's own shutdown: another thread is using that object.
                socket.socket.shutdown(made, socket.SHUT_RDWR)
