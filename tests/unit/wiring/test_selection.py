"""An input's selection of points, from its settings."""

from typing import Any

import pytest

from logshipper.model import Chunk
from logshipper.settings.options import Agent, Grok, Input, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.line_protocol_reader import points


def select(lines: str, **options: Any) -> tuple[list[str], dict[str, int], int]:
    """Return measurement and word of the points that an input takes, what was no request, and the number of lines."""
    pattern = r"^(?:%{WORD:m:measurement}!)?%{WORD:w:tag} %{INT:a:int}"
    given = Input(files=["x"], grok=Grok(patterns=[pattern]), plugin="tail", **options)
    parser = build_parser(Settings(agent=Agent(omit_hostname=True), inputs=[given]), given)
    batch = parser.parse(Chunk("", 1, 0, lines.encode(), len(lines)), parser.memory(""))
    text = "".join(f"{point}\n" for point in batch.points)
    assert batch.lines == len(batch.points) + sum(batch.noise.values()) + len(batch.rejected)
    return [f"{one.measurement}:{one.tags['w']}" for one in points(text)], dict(batch.noise), batch.lines


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ({"namepass": ["tail"]}, ["tail:x", "tail:y"]),
        ({"namepass": ["t*"], "name_override": "n"}, ["n:x", "n:y", "n:x"]),
        ({"namedrop": ["tail"]}, ["other:x"]),
        ({"tagpass": {"w": ["x"]}}, ["tail:x", "other:x"]),
        ({"tagdrop": {"w": ["x"]}}, ["tail:y"]),
        ({"name_prefix": "p_", "name_suffix": "_s"}, ["p_tail_s:x", "p_tail_s:y", "p_other_s:x"]),
        ({"name_prefix": "p_", "namepass": ["other"]}, ["p_other:x"]),
        ({"name_override": "n"}, ["n:x", "n:y", "n:x"]),
        ({"namepass": ["nothing"]}, []),
    ],
)
def test_an_input_selects_and_names_points_as_telegraf_does(options: dict[str, Any], taken: list[str]) -> None:
    found, noise, lines = select("x 1\ny 2\nother!x 3\n", **options)
    assert (found, lines) == (taken, 3)
    assert noise == ({"filtered": 3 - len(taken)} if len(taken) < 3 else {})
