"""A request that trickles is cut off when its total time is up."""

import socket
import threading

import pytest
import urllib3

from logshipper.outputs.deadline import Deadline


@pytest.fixture
def pools() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False)


def test_a_server_that_never_ends_its_answer_is_cut_off(pools: urllib3.PoolManager) -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 20")
                ended.wait()

        thread = threading.Thread(target=trickle)
        thread.start()
        deadline = Deadline(pools, 0.1)
        try:
            with pytest.raises(urllib3.exceptions.HTTPError), deadline.watch():
                pools.request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=3600)
        finally:
            ended.set()
            thread.join()
    assert deadline.connections == 1


def test_connections_are_counted_and_reused(pools: urllib3.PoolManager) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            client, _ = listener.accept()
            with client:
                for _ in range(2):
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        deadline = Deadline(pools, 3600)
        for _ in range(2):
            with deadline.watch():
                assert pools.request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/").status == 204
        thread.join()
    assert deadline.connections == 1


def test_a_deadline_without_a_connection_does_nothing(pools: urllib3.PoolManager) -> None:
    Deadline(pools, 3600)._cut()
