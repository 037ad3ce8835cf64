"""Line protocol and a real influxd: what was written comes back byte for byte, and nothing else was written."""

import json
import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logshipper import line_protocol
from logshipper.model import Chunk
from logshipper.points import Points, as_text
from logshipper.settings.options import Agent, Grok, Input, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.influxd import Influxd
from tests.support.network import fetch

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\n"), min_size=1, max_size=40).map(
    lambda text: text.encode().decode("latin-1")
)


NASTY = st.text(st.sampled_from(list("a\\ ,=\"#'\t\r;{}()%é€")), min_size=1, max_size=30).map(
    lambda text: text.encode().decode("latin-1")
)


def query(influxd: Influxd, database: str, influxql: str) -> list[list[object]]:
    form = urllib.parse.urlencode({"db": database, "q": influxql, "epoch": "ns"}).encode()
    answer = json.loads(fetch(f"{influxd.url}/query", form)[1])
    return [row for series in answer["results"][0].get("series", []) for row in series["values"]]


def write(influxd: Influxd, database: str, body: bytes) -> tuple[int, bytes]:
    return fetch(f"{influxd.url}/write?db={database}&precision=ns", body)


WITH_SERVER = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@WITH_SERVER
@given(st.lists(st.tuples(TEXTS | NASTY, TEXTS | NASTY), min_size=1, max_size=30))
def test_influxd_returns_what_was_written_byte_for_byte(
    influxd: Influxd, influx_db: str, values: list[tuple[str, str]]
) -> None:
    query(influxd, influx_db, "DROP MEASUREMENT m")
    body = "".join(
        f'm,tag={line_protocol.tag(tag)} text="{line_protocol.string(text)}" {number}\n'
        for number, (tag, text) in enumerate(values)
    )
    assert write(influxd, influx_db, body.encode("latin-1")) == (204, b"")
    found = sorted(query(influxd, influx_db, 'SELECT "tag", "text" FROM m'), key=lambda row: int(str(row[0])))
    assert [row[2] for row in found] == [text.encode("latin-1").decode() for _, text in values]
    for row, (tag, _) in zip(found, values, strict=True):
        if line_protocol.tag_is_exact(tag):
            assert row[1] == tag.encode("latin-1").decode()


HOSTILE = st.lists(
    st.sampled_from(
        [b" ", b",", b"=", b'"', b"\\", b"#", b"\r", b"\xff", b"\xc3\xa9", b"a", b"/", b"%0a", b")", b"]", b"?"]
    )
    | st.binary(min_size=1, max_size=3).filter(lambda data: b"\n" not in data),
    min_size=1, max_size=25,
).map(b"".join)  # fmt: skip


def parse(lines: list[bytes]) -> tuple[list[str], dict[int, bytes]]:
    """Return points, and the rejected lines by their place."""
    given_input = Input(files=["app.log"], grok=Grok(timezone="UTC"))
    parser = build_parser(Settings(agent=Agent(hostname="h"), inputs=[given_input]), given_input)
    data = b"".join(line + b"\n" for line in lines)
    batch = parser.parse(Chunk("app.log", 7, 0, data, len(data)), parser.memory("app.log"))
    return list(as_text(batch.points)), {aside.offset: aside.line for aside in batch.rejected}


@WITH_SERVER
@given(st.lists(st.tuples(st.sampled_from(["uri", "user"]), HOSTILE), min_size=1, max_size=20))
def test_a_line_writes_its_own_point_or_is_rejected_and_writes_nothing_else(
    influxd: Influxd, influx_db: str, cases: list[tuple[str, bytes]]
) -> None:
    for name in ("uwsgi_log", "evil"):
        query(influxd, influx_db, f"DROP MEASUREMENT {name}")
    lines = [
        b"[pid: 1|app: 0|req: 1/%d] 10.0.0.1 (%s) {4 vars in 67 bytes} [Fri May  5 14:51:39 2017] GET %s => generated "
        b"14 bytes in 5 msecs (HTTP/1.1 200) 2 headers in 79 bytes (1 switches on core 0)"
        % (number, text if place == "user" else b"", b"/" + text if place == "uri" else b"/")
        for number, (place, text) in enumerate(cases)
    ]
    points, rejected = parse(lines)
    if points:
        assert write(influxd, influx_db, Points.of(points).body) == (204, b"")
    found = {
        int(str(row[1])): row
        for row in query(influxd, influx_db, 'SELECT totalReq, uri, uri_full, "query", remoteUser FROM uwsgi_log')
    }
    offset = 0
    for number, (place, text) in enumerate(cases):
        line = lines[number]
        assert (number in found) != (rejected.get(offset) == line)
        offset += len(line) + 1
        if number in found:
            _, _, uri, uri_full, rest, user = found[number]
            whole = f"{uri_full or uri}" + (f"?{rest}" if rest else "")
            got = str(user or "") if place == "user" else whole
            expected = text if place == "user" else b"/" + text
            assert got.rstrip("?").encode() == expected.rstrip(b"?")
    assert {row[0] for row in query(influxd, influx_db, "SHOW MEASUREMENTS")} <= {"uwsgi_log", "m"}


ESCAPED = [
    ("plain", "plain", "plain"),
    ("a b", r"a\ b", "a b"),
    ("a,b", r"a\,b", "a,b"),
    ("a=b", r"a\=b", "a=b"),
    ('say "hi"', r'say\ "hi"', r"say \"hi\""),
    ("back\\slash", "back\\slash", "back\\\\slash"),
    ("ends\\", "ends%5C", "ends\\\\"),
    ("ends\\\\", "ends\\%5C", "ends\\\\\\\\"),
    ("a\\ b", r"a%5C\ b", "a\\\\ b"),
    ("two\nlines", "two%0Alines", "two\nlines"),
    ("#hash", "#hash", "#hash"),
]


@pytest.mark.parametrize("name", [text for text, _, _ in ESCAPED])
def test_influxd_accepts_every_name(influxd: Influxd, influx_db: str, name: str) -> None:
    measured, key = line_protocol.measurement(name), line_protocol.key(name)
    assert write(influxd, influx_db, f"{measured},{key}t=1 {key}=2i,x=1i 1\n".encode())[0] == 204
    shown = line_protocol.unkey(key).replace('"', '\\"').replace("\\", "\\\\").replace('\\\\"', '\\"')
    assert query(influxd, influx_db, f'SELECT x FROM /.*/ WHERE "{shown}" = 2') == [[1, 1]]
