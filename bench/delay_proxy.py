"""A proxy that lets every byte arrive later, as if the server were further away."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_AT_ONCE = 2**16
# Bytes on their way in one direction, as a network with enough room would hold them.
_WINDOW = 2**24


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Write what is read, each piece `seconds` after it came."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[tuple[float, bytes]](_WINDOW // _AT_ONCE)

    async def deliver() -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    task = asyncio.create_task(deliver())
    try:
        while data := await reader.read(_AT_ONCE):
            await queue.put((loop.time() + seconds, data))
    finally:
        await queue.put((loop.time(), b""))
        await task


async def _serve(port: int, milliseconds: float, ready: "asyncio.Future[int]") -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_connection("127.0.0.1", port)
        one_way = milliseconds / 2000
        await asyncio.gather(
            _carry(reader, to_server[1], one_way), _carry(to_server[0], writer, one_way), return_exceptions=True
        )

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    ready.set_result(server.sockets[0].getsockname()[1])
    await server.serve_forever()


@contextmanager
def delayed(port: int, milliseconds: float) -> Iterator[int]:
    """Yield the port of a proxy for the server at `port`; an answer takes this many milliseconds longer."""
    loop = asyncio.new_event_loop()
    ready: asyncio.Future[int] = loop.create_future()
    found = threading.Event()
    ready.add_done_callback(lambda _: found.set())

    def run() -> None:
        asyncio.set_event_loop(loop)
        serving = loop.create_task(_serve(port, milliseconds, ready))
        loop.run_forever()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    found.wait(10)
    yield ready.result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
