"""The parser of a program that counts sees all requests and events, whatever is left out of the database."""

from logshipper.model import Chunk
from logshipper.points import Rows
from logshipper.settings.options import Grok, Input, LogshipperSettings, Settings
from logshipper.wiring.counting import counting_parser
from tests.support.request_lines import line


def test_filters_of_the_input_do_not_apply_but_masks_do() -> None:
    given = Input(
        files=["x.log"], fielddrop=["resTime"], tagexclude=["uri"], namedrop=["uwsgi*"], grok=Grok(timezone="UTC")
    )
    own = LogshipperSettings(mask_ipv4=24, events=False)
    parser = counting_parser(Settings(inputs=[given], logshipper=own), ["resTime", "remoteAddr"])
    data = (line("/a", ms=7) + "*** Starting uWSGI 2.0.28 (64bit) on [Sun Mar  1 12:00:00 2026] ***\n").encode()
    batch = parser.parse(Chunk("x.log", 1, 0, data, len(data)), parser.memory("x.log"))
    assert isinstance(batch.points, Rows)
    ((shape, cells, _),) = batch.points
    assert dict(zip(shape.names, cells, strict=True)) == {
        "status": "200", "method": "GET", "uri": "/a", "resTime": "7", "remoteAddr": "10.0.2.0",
    }  # fmt: skip
    assert isinstance(batch.events, Rows)
    assert len(batch.events) == 1
