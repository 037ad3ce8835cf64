"""The page is complete in one file, and holds what the text holds."""

from html.parser import HTMLParser
from pathlib import Path

from logshipper.report.html import as_html
from logshipper.report.periods import HOUR, ReportChoice
from tests.support.deploy_log import Behaviour, Release, lines_of
from tests.support.reports import report
from tests.support.request_lines import line

RELEASES = [Release(2000), Release(2000, {"/pay": Behaviour(6, 120, 0.5, 0.2)})]


class Seen(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_all_parts_are_there(tmp_path: Path) -> None:
    found = Seen(as_html(report(tmp_path, lines_of(1, RELEASES), ReportChoice(HOUR, since_deploy=True))))
    for title in ("What changed", "All requests", "Requests over time", "Where the time goes", "What fails", "Status"):
        assert title in found.text
    assert "fails more POST /pay" in found.text
    assert "svg" in found.tags


def test_nothing_is_loaded_and_nothing_runs(tmp_path: Path) -> None:
    page = as_html(report(tmp_path, lines_of(1, RELEASES), ReportChoice(HOUR, since_deploy=True)))
    found = Seen(page)
    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    assert not {"src", "href", "onclick"} & found.attributes
    assert "url(" not in page
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page


def test_what_a_client_sends_is_text(tmp_path: Path) -> None:
    page = as_html(report(tmp_path, [line("/<script>alert(1)</script>", ms=900)]))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
