"""The limit: line protocol rendered in advance, posted straight to InfluxDB by a number of writers.

    python -m bench.baseline_post URL WRITERS POINTS FILE

`POINTS` go into one write. Nothing is parsed or remembered; any answer but 204 ends it.
"""

import http.client
import sys
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


def bodies(name: str, points: int) -> Iterator[bytes]:
    """Yield the bodies."""
    with open(name, "rb") as file:
        while lines := [line for _, line in zip(range(points), file, strict=False)]:
            yield b"".join(lines)


def main() -> None:
    """Post a file."""
    url, writers, points, name = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    parts = urlsplit(url)
    given, lock, failed = bodies(name, points), threading.Lock(), []

    def write() -> None:
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        while True:
            with lock:
                body = next(given, None)
            if body is None:
                return
            connection.request("POST", f"{parts.path}?{parts.query}", body)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 204:
                failed.append(answer.status)
                return

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(f"HTTP {failed[0]}")


if __name__ == "__main__":
    main()
