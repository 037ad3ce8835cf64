"""How Sphinx makes the documentation: `make docs`.

The source folder is the whole repository, so that a link from one page to another, or to a file of the code, is the
same in a clone, on a forge and on the site. Pages are those of docs/ and of the folders that explain themselves.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from logshipper import __version__

project = "Flaskfana"
author = "the authors of Flaskfana"
version = release = __version__

extensions = ["myst_parser", "tools.reference"]
root_doc = "docs/index"
source_suffix = {".md": "markdown"}
include_patterns = ["docs/**.md", "[A-Z]*.md", "*/[A-Z]*.md", "tests/faults/README.md"]
exclude_patterns = ["README.md", "var", "build", "dist", ".*"]
templates_path = ["_templates"]
myst_enable_extensions = ["deflist"]
highlight_language = "none"  # a block without a language is a command or its output
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"Flaskfana {version}"
html_static_path = ["_static"]
html_css_files = ["flaskfana.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # a browser does not let a page from a file read other files
html_show_copyright = False
html_additional_pages = {"index": "redirect.html"}  # to docs/index.html, where the pages begin

man_pages: list[tuple[str, str, str, list[str], int]] = [
    ("docs/reference/commands", "logshipper", "ship uWSGI's request log, every line exactly once", [], 1),
    ("docs/reference/settings", "logshipper.toml", "the settings of logshipper", [], 5),
]
