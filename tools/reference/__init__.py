"""The reference pages, made from the code: a Sphinx extension with a directive for each list.

A page of `docs/reference` says what a list is about and where it stands, `{settings}` for example, and the list itself
comes from what the program reads: so it is never older than the code.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools.reference import commands, fields, messages, metrics, settings

LISTS: dict[str, Callable[[], str]] = {
    "settings": settings.markdown,
    "telegraf-settings": settings.without_effect,
    "commands": commands.markdown,
    "metrics": metrics.markdown,
    "columns": fields.columns,
    "events": fields.events,
    "exit-codes": messages.exit_codes,
    "messages": messages.markdown,
}


class Generated(SphinxDirective):
    """The list that the directive's name stands for."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Return the parsed list; the page is made again in every build."""
        self.env.note_reread()
        return self.parse_text_to_nodes(LISTS[self.name](), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    for name in LISTS:
        app.add_directive(name, Generated)
    return {"parallel_read_safe": True}
