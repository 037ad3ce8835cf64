"""What happens to the counters: 100,000 requests while workers are killed again and again.

Run `python -m bench.app_restarts`; it needs uWSGI and ab (Debian: apache2-utils). Real uWSGI with flaskapp/uwsgi.ini
and four workers; after each portion of requests, of all routes in turn and of many paths that do not exist, one worker
is killed. Scrapes are timed all along. At the end: is every request counted, how many files are there, how
large are they, how long did a scrape take.
"""

import argparse
import contextlib
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from tests.support.flaskapp_server import App
from tests.support.needs import find

PATHS = ("/", "/api/obj/1", "/api/obj/2", "/simulate_work", "/simulate_error", "/nowhere", "/?q=1", "/api/obj/x")


def load(ab: str, app: App, path: str, requests: int) -> None:
    """Make `requests` requests, four at a time; a connection error is an AssertionError."""
    url = f"http://127.0.0.1:{app.port}{path}"
    output = subprocess.run([ab, "-q", "-n", str(requests), "-c4", url], check=True, capture_output=True, text=True)
    assert f"Complete requests:      {requests}\n" in output.stdout, output.stdout


def scrape_until(done: threading.Event, app: App, seconds: list[float]) -> None:
    """Scrape ten times per second and record how long each scrape took."""
    while not done.wait(0.1):
        with contextlib.suppress(OSError):
            seconds.append(timed(app))


def timed(app: App) -> float:
    """Scrape and return how many seconds it took."""
    start = time.perf_counter()
    app.scrape()
    return time.perf_counter() - start


def main() -> None:
    """Run the campaign and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--restarts", type=int, default=50)
    arguments = parser.parse_args()
    ab = find("ab")
    if ab is None:
        parser.error("ab is missing: apt-get install apache2-utils")
    portion = arguments.requests // arguments.restarts
    seconds: list[float] = []
    done = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        app = App(Path(folder) / "app", workers=4).start()
        scraper = threading.Thread(target=scrape_until, args=(done, app, seconds))
        scraper.start()
        try:
            for restart in range(arguments.restarts):
                path = PATHS[restart % len(PATHS)]
                load(ab, app, path if path != "/nowhere" else f"/nowhere/{restart}", portion)
                app.kill_worker(1 + restart % 4)
            done.set()
            scraper.join()
            report(app, portion * arguments.restarts, arguments.restarts)
            tell("scrapes under load, which takes all processors", seconds)
            tell("scrapes afterwards", [timed(app) for _ in range(200)])
        finally:
            done.set()
            app.kill()


def report(app: App, requests: int, restarts: int) -> None:
    """Print the counts and the files."""
    sizes = [file.stat().st_size for file in app.counters]
    samples = app.scrape()
    print(f"{requests} requests, {restarts} workers killed")
    print(f"request_count_total {samples['request_count_total']:.0f}, {len(samples)} series")
    print(f"{len(sizes)} files, {sum(sizes)} bytes")


def tell(what: str, seconds: list[float]) -> None:
    """Print how long the scrapes took."""
    ordered = sorted(1000 * each for each in seconds)
    print(
        f"{len(ordered)} {what}: median {statistics.median(ordered):.1f} ms, "
        f"p99 {ordered[len(ordered) * 99 // 100]:.1f} ms, longest {ordered[-1]:.1f} ms"
    )


if __name__ == "__main__":
    main()
