"""A hostile web page beside the viewer, in real Chromium: it reads nothing, changes nothing and holds up nothing."""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.support.browser import answered, chromium
from tests.support.http_server import Answer, http_server
from tests.support.network import fetch, free_port
from tests.support.processes import Server
from tests.support.request_lines import spread
from tests.support.requests_log import store
from tests.support.waiting import wait_until

EVIL = "evil.test"
SECRET = "/only-for-the-user"
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
# Each way in which a page can ask another server; `read` gets what the page could read, `tries` counts what ended.
ATTACKS = """
const [viewer, query] = [%r, %r];
const addresses = ["/-/dashboards/requests", "/requests/uwsgi_log.json", "/requests.json?sql=" + query]
  .map(path => viewer + path);
window.read = []; window.tries = 0; window.rounds = 0;
const done = text => { window.read.push(String(text)); window.tries += 1; };
const element = (name, address, key) => new Promise(resolve => {
  const made = document.createElement(name);
  const end = () => { try { done(made.contentDocument?.body?.innerText ?? made.naturalWidth ?? ""); }
                      catch (error) { done(""); } made.remove(); resolve(); };
  made.onload = made.onerror = made.onloadeddata = end;
  if (name === "link") made.rel = "stylesheet";
  made[key] = address;
  document.body.append(made);
});
const form = (method, address) => new Promise(resolve => {
  const frame = document.createElement("iframe"), made = document.createElement("form");
  frame.name = "f" + Math.random();
  document.body.append(frame, made);
  Object.assign(made, {method, action: address, target: frame.name});
  frame.onload = () => { try { done(frame.contentDocument.body.innerText); } catch (error) { done(""); } resolve(); };
  made.submit();
});
const ask = (address, options) => fetch(address, options).then(answer => answer.text()).catch(() => "").then(done);
const socket = address => new Promise(resolve => {
  const made = new WebSocket(address.replace("http", "ws"));
  made.onmessage = message => done(message.data);
  made.onerror = made.onclose = () => { done(""); resolve(); };
});
const stream = address => new Promise(resolve => {
  const made = new EventSource(address);
  made.onmessage = message => done(message.data);
  made.onerror = () => { made.close(); done(""); resolve(); };
});
(async () => {
  for (;;) {
    for (const address of addresses) {
      await ask(address, {});
      await ask(address, {mode: "no-cors", credentials: "include"});
      await ask(address, {method: "POST", mode: "no-cors", body: "sql=" + query});
      await ask(address, {headers: {"X-Own": "1"}});
      for (const [name, key] of [["img", "src"], ["script", "src"], ["iframe", "src"], ["link", "href"],
                                 ["object", "data"], ["embed", "src"]])
        await Promise.race([element(name, address, key), new Promise(end => setTimeout(end, 100))]);
      await form("GET", address);
      await form("POST", address);
      await socket(address);
      await stream(address);
      navigator.sendBeacon(address, "x");
    }
    window.rounds += 1;
  }
})();
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile"), names=[EVIL]) as driver:
        yield driver


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store(spread([SECRET] * 20), tmp_path_factory.mktemp("viewer"))


@pytest.fixture(scope="module")
def viewer(database: Path) -> Iterator[int]:
    """The port of a viewer on the database."""
    port = free_port()
    command = [sys.executable, "-m", "logshipper", "view", str(database), "--port", str(port)]
    server = Server(command, database.parent / "view.out").start()
    server.wait_ready(lambda: fetch(f"http://127.0.0.1:{port}/-/versions.json")[0] == 200)
    yield port
    server.kill()


def rows(database: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(database) as connection:
        return connection.execute("SELECT * FROM uwsgi_log").fetchall()


@pytest.mark.parametrize(
    ("site", "target"), [(EVIL, "127.0.0.1"), (EVIL, "localhost"), ("127.0.0.1", "127.0.0.1"), (EVIL, EVIL)],
    ids=["another site", "another name", "another port", "rebound"],
)  # fmt: skip
def test_a_hostile_page_reads_nothing_and_the_viewers_page_is_whole_meanwhile(
    browser: Chrome, viewer: int, database: Path, site: str, target: str
) -> None:
    before = rows(database)
    attacks = ATTACKS % (f"http://{target}:{viewer}", quote(ENDLESS))
    html = Answer(200, f"<body><script>{attacks}</script>".encode(), {"Content-Type": "text/html"})
    with http_server(lambda headers, body: html) as hostile:
        answered(browser)
        browser.get(hostile.replace("127.0.0.1", site))
        wait_until(lambda: browser.execute_script("return window.rounds") >= 1, "a round of all attacks")
        assert {status for url, status in answered(browser) if f":{viewer}/" in url} == {403 if target != EVIL else 421}
        attacker = browser.current_window_handle
        browser.switch_to.new_window("window")
        try:
            browser.get(f"http://127.0.0.1:{viewer}/")
            wait_until(lambda: browser.execute_script("return Number(document.body.dataset.drawn || 0)"), "the charts")
            assert browser.find_element(By.CSS_SELECTOR, "#chart-total").text == "20"
        finally:
            browser.close()
            browser.switch_to.window(attacker)
        read, tries = browser.execute_script("return [window.read, window.tries]")
        browser.get("about:blank")
    assert tries >= 24
    assert [text for text in read if SECRET in text or "count(*)" in text] == []
    assert rows(database) == before


def test_a_name_that_is_pointed_at_the_viewer_later_shows_nothing(browser: Chrome, viewer: int) -> None:
    answered(browser)
    browser.get(f"http://{EVIL}:{viewer}/-/dashboards/requests")
    assert browser.find_element(By.TAG_NAME, "body").text.startswith("This viewer is not known by that name")
    script = "const done = arguments[0]; fetch('/requests/uwsgi_log.json').then(a => a.text()).then(done, done)"
    assert SECRET not in browser.execute_async_script(script)
    assert {status for url, status in answered(browser) if EVIL in url} == {421}
