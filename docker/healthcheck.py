"""Check the container: nginx, uWSGI's socket, the application's metrics and the shipper.

The exit code is 0, or 1 with a line for each part that does not answer. The check only connects to uWSGI, so it leaves
no line in the log that is being watched.
"""

import os
import socket
import sys
import urllib.request

PAGES = {
    "nginx": "http://127.0.0.1:80/nginx-health",
    "metrics": "http://127.0.0.1:8000/metrics",
    "logshipper": "http://127.0.0.1:9273/livez",
}


def main() -> int:
    """Check every part."""
    failed = [f"{name}: {error}" for name, url in PAGES.items() if (error := page(url))]
    if error := connection(os.environ["APP_SOCKET"]):
        failed.append(f"uwsgi: {error}")
    print("\n".join(failed) or "well")
    return int(bool(failed))


def page(url: str) -> str:
    """Return why the page does not answer, or ""."""
    try:
        with urllib.request.urlopen(url, timeout=3):  # noqa: S310 - fixed addresses of this container
            return ""
    except OSError as error:
        return str(error)


def connection(path: str) -> str:
    """Return why the socket does not accept a connection, or ""."""
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(3)
            probe.connect(path)
            return ""
    except OSError as error:
        return f"{path}: {error}"


if __name__ == "__main__":
    sys.exit(main())
