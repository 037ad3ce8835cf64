"""The live view: one screen, drawn once a second, in Textual."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from logshipper.top.feed import Feed
from logshipper.top.screen import KEYS, SORTS, Line, View, chosen, screen
from logshipper.top.window import RecentRequests, Snapshot

# Reading more often costs more than it shows.
_EVERY = 1.0
# The terminal's own red and green, which its owner can read.
_STYLES = {"bold": "bold", "dim": "dim", "red": "ansi_red", "green": "ansi_green", "reverse": "reverse"}


def take_all(feed: Feed, window: RecentRequests) -> None:
    """Count what was appended."""
    for batch in feed.appended():
        window.take(batch.points, batch.events, time.monotonic())
        window.unread += len(batch.rejected)


class Top(App[None]):
    """Shows what the window holds. Reading goes on while the screen is paused, so that nothing is missed."""

    CSS = (
        "Screen { layers: below; } #screen { height: 1fr; } #keys { height: 1; } Input { dock: bottom; display: none; }"
    )
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None  # keys are commands until / opens the filter
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit"), Binding("s", "sort"), Binding("p,space", "pause"), Binding("slash", "filter"),
        Binding("escape", "clear"), Binding("down", "move(1)"), Binding("up", "move(-1)"),
        Binding("pagedown", "move(10)"), Binding("pageup", "move(-10)"),
    ]  # fmt: skip

    def __init__(self, feed: Feed, window: RecentRequests, zone: tzinfo) -> None:
        super().__init__(ansi_color=True)
        self.feed, self.window, self.zone = feed, window, zone
        self.view = View(feed.path)
        self.shown: Snapshot = window.snapshot(time.monotonic())

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        yield Static(id="screen")
        yield Static(KEYS, id="keys")
        yield Input(placeholder="show only routes with this text; Enter to keep, Esc to clear")

    def on_mount(self) -> None:
        """Begin to read."""
        self.set_interval(_EVERY, self.step)
        self.draw()

    def on_resize(self) -> None:
        """Draw for the new size, once the widgets have it."""
        self.call_after_refresh(self.draw)

    def step(self) -> None:
        """Read what was appended, and draw it."""
        take_all(self.feed, self.window)
        snapshot = self.window.snapshot(time.monotonic())
        if not self.view.paused:
            self.shown = snapshot
            self.draw()

    def draw(self) -> None:
        """Draw the screen."""
        size = self.query_one("#screen", Static).size
        if size.width and size.height:
            lines = screen(self.shown, self.view, size.width, size.height, self.zone)
            self.query_one("#screen", Static).update(_content(lines))

    def action_sort(self) -> None:
        """Sort by the next column."""
        names = list(SORTS)
        self._show(replace(self.view, sort=names[(names.index(self.view.sort) + 1) % len(names)], first=0))

    def action_pause(self) -> None:
        """Hold the screen, or let it go on."""
        self._show(replace(self.view, paused=not self.view.paused))

    def action_move(self, by: int) -> None:
        """Move down or up in the list of routes."""
        last = max(0, len(chosen(self.shown, self.view)) - 1)
        self._show(replace(self.view, first=min(max(0, self.view.first + by), last)))

    def action_filter(self) -> None:
        """Ask for the text that names must contain."""
        field = self.query_one(Input)
        field.styles.display = "block"
        field.focus()

    def action_clear(self) -> None:
        """Show all routes again."""
        self.query_one(Input).value = ""
        self._close_filter()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while the text is typed."""
        self._show(replace(self.view, text=event.value, first=0))

    def on_input_submitted(self) -> None:
        """Keep the filter."""
        self._close_filter()

    def _close_filter(self) -> None:
        self.query_one(Input).styles.display = "none"
        self.set_focus(None)

    def _show(self, view: View) -> None:
        self.view = view
        self.draw()


def _content(lines: Sequence[Line]) -> Content:
    parts = [(text, _STYLES.get(style, "")) for line in lines for text, style in (*line, ("\n", ""))]
    return Content.assemble(*parts)
