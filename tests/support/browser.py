"""A real Chromium, driven by chromedriver, that can reach only 127.0.0.1."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver

from tests.support.needs import need

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# Any other name or address fails at once instead of leaving the machine.
NO_OTHER_HOST = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


@contextmanager
def chromium(
    profile: Path, *, width: int = 1400, height: int = 1000, names: Iterable[str] = ()
) -> Iterator[webdriver.Chrome]:
    """Start Chromium with an empty profile in the folder `profile`, and end it; `names` are hosts at 127.0.0.1."""
    rules = ", ".join([*(f"MAP {name} 127.0.0.1" for name in names), NO_OTHER_HOST])
    options = webdriver.ChromeOptions()
    options.binary_location = need("chromium", package="chromium")
    more = (f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--host-resolver-rules={rules}")
    for argument in (*ARGUMENTS, *more):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    service = webdriver.ChromeService(need("chromedriver", package="chromium-driver"))
    driver = webdriver.Chrome(options, service)
    try:
        yield driver
    finally:
        driver.quit()


def requested(driver: webdriver.Chrome) -> list[str]:
    """Return the URLs that pages have requested since the last call."""
    found = []
    for entry in driver.get_log("performance"):  # type: ignore[no-untyped-call]
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return found


def answered(driver: webdriver.Chrome) -> list[tuple[str, int]]:
    """Return the URLs that pages have requested since the last call, each with the status of its answer."""
    urls, found = {}, []
    for entry in driver.get_log("performance"):  # type: ignore[no-untyped-call]
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            urls[message["params"]["requestId"]] = message["params"]["request"]["url"]
        elif message["method"] == "Network.responseReceivedExtraInfo":
            found.append((message["params"]["requestId"], message["params"]["statusCode"]))
    return [(urls.get(request, ""), status) for request, status in found]


def complaints(driver: webdriver.Chrome) -> list[str]:
    """Return the errors logged to the browser console since the last call."""
    entries = driver.get_log("browser")  # type: ignore[no-untyped-call]
    return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]
