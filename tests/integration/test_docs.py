"""The documentation builds without a warning, its links have targets, and reading it needs no internet."""

import os
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.support.once import once
from tests.support.processes import ROOT

# What a browser loads by itself, by element; an <a> waits for a click.
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "docs", make)


def make(folder: Path) -> None:
    done = subprocess.run(
        ["make", "docs", f"DOCS={folder}"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "MAKEFLAGS": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


class Page(HTMLParser):
    """The links, the loaded addresses and the anchors of a page."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors = {""}
        self.feed(file.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors |= {values.get("id") or "", values.get("name") or ""}
        self.links += [values.get("href") or ""] if tag == "a" else []
        self.loaded += [values.get(LOADED[tag]) or ""] if tag in LOADED else []


def pages(built: Path) -> Iterator[tuple[Path, Page]]:
    yield from ((file, Page(file)) for file in sorted((built / "html").rglob("*.html")))


def test_every_link_inside_has_a_target(built: Path) -> None:
    known = dict(pages(built))
    broken = []
    for file, page in known.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            anchors = known[target].anchors if target in known else {""}
            # The search page and the index of terms are made by scripts, and have no anchors of their own.
            if not target.is_file() or (target in known and unquote(parts.fragment) not in anchors):
                broken.append(f"{file.relative_to(built)}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(built: Path) -> None:
    for file, page in pages(built):
        for address in page.loaded:
            assert not urlsplit(address).netloc, f"{file.relative_to(built)}: {address}"
    for file in (built / "html").rglob("*.css"):
        for address in re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')]+)", file.read_text()):
            assert not re.match(r"(?:https?:)?//", address), f"{file.relative_to(built)}: {address}"


def test_the_man_pages_have_commands_and_settings(built: Path) -> None:
    commands, settings = ((built / "man" / name).read_text() for name in ("logshipper.1", "logshipper.toml.5"))
    assert "ship uWSGI's request log" in commands
    assert r"\-\-since\-deploy" in commands
    assert "max_tag_values" in settings
