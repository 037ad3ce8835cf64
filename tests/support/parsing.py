"""Helpers for the parser's tests: make chunks and parsers, and read points back."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from logshipper.model import Batch, Chunk, origins
from logshipper.parse.encoder import Column
from logshipper.parse.parser import FileMemory, Parser
from logshipper.points import Points, as_text
from logshipper.settings.options import Agent, Grok, Input, LogshipperSettings, Settings
from logshipper.wiring.parsers import build_parser
from tests.support.line_protocol_reader import Point, points

PATH = "/var/log/uwsgi/app.log"
# The pattern as people write it for Telegraf.
TELEGRAF = (
    r"\[pid: %{NUMBER:pid:int}\|app: %{NUMBER:id:int}\|req: %{NUMBER:currentReq:int}/%{NUMBER:totalReq:int}\]"
    r" %{IP:remoteAddr} \(%{DATA:remoteUser}\) \{%{NUMBER:CGIVar:int} vars in %{NUMBER:CGISize:int} bytes\}"
    r" \[%{DATA:timestamp}\] %{WORD:method:tag} %{URIPATHPARAM:uri:tag} => generated %{NUMBER:resSize:int} bytes"
    r" in %{NUMBER:resTime:int} msecs \(HTTP/%{NUMBER:httpVer:float} %{NUMBER:status:int}\)"
    r" %{NUMBER:headers:int} headers in %{NUMBER:headersSize:int} bytes %{GREEDYDATA:coreInfo}"
)


def parser(
    *patterns: str, most_tag_values: int = 10_000, most_measurements: int = 100, rows: bool = False, **of_input: Any
) -> Parser:
    """Return a parser with these patterns (by default UWSGI_LOG), in UTC, without the tag host."""
    grok = Grok(patterns=list(patterns or ("%{UWSGI_LOG}",)), timezone="UTC")
    given = Input(grok=grok, files=[PATH], **of_input)
    own = LogshipperSettings(max_tag_values=most_tag_values, max_measurements=most_measurements)
    settings = Settings(agent=Agent(omit_hostname=True), logshipper=own, inputs=[given])
    return build_parser(settings, given, rows=rows)


def chunk(text: str | bytes, offset: int = 0, fingerprint: int = 1) -> Chunk:
    """Return a chunk of whole lines."""
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    return Chunk(PATH, fingerprint, offset, data, offset + len(data))


def chunks(lines: Sequence[str], cuts: Iterable[int]) -> list[Chunk]:
    """Return the lines as chunks of one content, cut before the lines whose numbers are `cuts`."""
    bounds = sorted({0, len(lines), *(cut for cut in cuts if cut < len(lines))})
    found, offset = [], 0
    for first, end in pairwise(bounds):
        found.append(chunk("".join(line + "\n" for line in lines[first:end]), offset))
        offset = found[-1].end
    return found


def parse(text: str, given: Parser | None = None) -> Batch:
    """Parse a text as a whole file."""
    given = given or parser()
    return given.parse(chunk(text), given.memory(PATH))


def texts(batch: Batch) -> Points:
    """Return the points of a batch as line protocol."""
    return as_text(batch.points)


def point(text: str, given: Parser | None = None) -> Point:
    """Parse a line and return its only point."""
    (made,) = points("\n".join(texts(parse(text + "\n", given))))
    return made


def origins_of(batch: Batch) -> Sequence[int]:
    """Return the offset of the line that each point came from."""
    return origins(batch.chunk, batch.offsets) if batch.points else ()


def all_points(given: Parser, pieces: Iterable[Chunk], memory: FileMemory | None = None) -> list[str]:
    """Parse chunks in turn and return the points in the order of their lines."""
    memory = memory or given.memory(PATH)
    batches = [given.parse(piece, memory) for piece in pieces]
    return [text for batch in batches for _, text in sorted(zip(origins_of(batch), texts(batch), strict=True))]


def column(place: int, field: str, kind: str, *, present: bool = True) -> Column:
    """Return a column whose values are clean."""
    return Column(place, field, kind, True, present)
