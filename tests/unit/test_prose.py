"""Phrases that nobody should read in this project, because they are not idiomatic English.

The list is for catching, not for satisfying: a sentence without these words can still be hard to read.
"""

import re
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.tree import tracked

# What not to write -> what to write. Each is a regular expression for whole words, in any case.
BETTER = {
    r"mend(s|ed|ing)?": "fix",
    r"anew": "again, or from scratch",
    r"so many|so much (of|that|without)": "n, this many, or how many",
    r"(is|are|was|were|be) dear": "expensive",
    r"for (its|their) pains": "say what it gets",
    r"tells? whether": "return whether",
    r"(is|are|was|were) (not )?to be": "must, or must not",
    r"(is|are) not to": "must not",
    r"(is|are|be) told(?! apart)": "name who says it",
    r"tells? (of|by)": "reports, or recognises by",
    r"(is|are) no (date|duration|event|layout|name|number|output|pattern|port|request|table|zone)": "is not a …",
    r"set aside": "rejected",
    r"in the place of": "instead of",
    r"beforehand": "in advance, or first",
    r"none of ours": "not ours",
    r"of yours": "your",
    r"one a line": "one per line",
    r"(is|are|was|were) away": "is unreachable",
    r"(go|goes|going|went) on (with|from|after|in)": "continues",
}
# The locked packages, data that tools write, the list itself, and the page that names what was renamed.
EXEMPT = ("requirements/", "tests/unit/test_prose.py", "CHANGELOG.md", "LICENSE")
NOT_TEXT = {".json", ".png"}


def texts() -> list[Path]:
    names = [path for path in tracked() if path.suffix not in NOT_TEXT]
    return [path for path in names if not str(path.relative_to(ROOT)).startswith(EXEMPT)]


@pytest.mark.parametrize("phrase", BETTER)
def test_an_avoided_phrase_is_not_used(phrase: str) -> None:
    expression = re.compile(rf"\b(?:{phrase})\b".replace(" ", r"[\s#;*]+"), re.IGNORECASE)
    found = []
    for path in texts():
        text = path.read_text("utf-8", "replace").replace("_", " ")  # names are read too
        for hit in expression.finditer(text):
            line = text.count("\n", 0, hit.start()) + 1
            found.append(f"{path.relative_to(ROOT)}:{line}: {hit[0]!r}; write: {BETTER[phrase]}")
    assert not found, "\n".join(found)
