"""Checks the last lines of a log: whether the patterns read them, their times, and how many addresses there are."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from logshipper.checks.finding import Finding, bad, doubtful, good
from logshipper.model import Batch, Chunk
from logshipper.parse.parser import Parser
from logshipper.parse.tag_limit import MEASUREMENTS, NAMES
from logshipper.points import rows_in
from logshipper.settings.options import Input, Settings
from logshipper.wiring.parsers import build_parser
from logshipper.words import counted, lasting

LINES, _BYTES = 1000, 2**21
# Seconds that a request may be ahead of the clock, and older than the line's writing.
AHEAD, OLD = 300.0, 120.0
_ZONE_STEP, _ZONES = 1800, 28  # a time zone is at most this many half hours away
_OTHERS = ("UWSGI_LOG", "NGINX_ACCESS_LOG", "COMBINED_LOG_FORMAT", "COMMON_LOG_FORMAT")


@dataclass(frozen=True, slots=True)
class Sample:
    """The last lines of a log, and when the last one was written, in seconds since 1970."""

    name: str
    data: bytes
    offset: int
    written: float

    @classmethod
    def of(cls, name: str) -> "Sample":
        """Read it. Raises OSError."""
        with open(name, "rb") as log:
            state = os.fstat(log.fileno())
            start = max(0, state.st_size - _BYTES)
            log.seek(start)
            data = log.read(_BYTES)
        data = data[: data.rfind(b"\n") + 1]
        lines = data.split(b"\n")[:-1]
        kept = lines[1 if start else 0 :][-LINES:]
        tail = b"".join(line + b"\n" for line in kept)
        return cls(name, tail, start + len(data) - len(tail), state.st_mtime)

    def last_line(self) -> "Sample":
        """Return the last line alone."""
        line = self.data[self.data.rfind(b"\n", 0, -1) + 1 :]
        return replace(self, data=line, offset=self.offset + len(self.data) - len(line))


@dataclass(frozen=True, slots=True)
class CheckedInput:
    """An input, and the parser that the settings make for it: one for all its logs."""

    settings: Settings
    input: Input
    parser: Parser

    @classmethod
    def of(cls, settings: Settings, input_: Input) -> "CheckedInput":
        """Make the parser."""
        return cls(settings, input_, build_parser(settings, input_, rows=True))


def parsed(parser: Parser, sample: Sample) -> Batch:
    """Return what the lines become."""
    chunk = Chunk(sample.name, 0, sample.offset, sample.data, sample.offset + len(sample.data))
    return parser.parse(chunk, parser.memory(sample.name))


def _read_as(settings: Settings, input_: Input, sample: Sample) -> Batch:
    """Return what the lines would become with other settings of the input."""
    return parsed(build_parser(settings, input_, rows=True), sample)


def first_time(parser: Parser, name: str) -> float | None:
    """Return the time of a log's first request, in seconds since 1970; None if its beginning has none."""
    with open(name, "rb") as log:
        data = log.read(2**16)
    batch = parsed(parser, Sample(name, data[: data.rfind(b"\n") + 1], 0, 0.0))
    return min(_times(batch), default=None)


def check_lines(reading: CheckedInput, sample: Sample, ini: Input | None, now: float) -> Iterator[Finding]:
    """Yield how the patterns read the lines; `ini` reads what uWSGI's configuration says."""
    if not sample.data:
        return
    settings, input_, parser = reading.settings, reading.input, reading.parser
    batch = parsed(parser, sample)
    requests, rejected = len(batch.points), len(batch.rejected)
    last = f"{sample.name}: {counted(requests, 'request')} in the last {counted(batch.lines, 'line')}"
    if not requests and (rejected or batch.noise.get("app_output")):
        yield bad("lines", last, _pattern_fix(settings, input_, sample, ini))
    elif not requests:
        yield doubtful("lines", last, "make a request; if none appears, follow the file of uWSGI's req-logger")
    elif rejected:
        fix = f"`logshipper explain {sample.name}` shows where they differ; add a pattern for them"
        yield doubtful("lines", f"{last}, but {rejected} match no pattern", fix)
    else:
        yield good("lines", last)
    if requests:
        line = sample.last_line()
        last_time = max(_times(parsed(parser, line)), default=None)
        yield _time(sample, max(_times(batch)), last_time, now, lambda: _zone_fix(settings, input_, line))
        yield _tags(settings, sample, batch, parser.rules.prefix.keep_tag)


def _pattern_fix(settings: Settings, input_: Input, sample: Sample, ini: Input | None) -> str:
    """Return what to do if the patterns find no request in the lines; another pattern only if it was tried."""
    if ini and len(_read_as(settings, ini, sample).points):
        return "take grok_patterns and data_format from `logshipper pattern --config` with uWSGI's configuration"
    for name in _OTHERS:
        grok = replace(input_.grok, patterns=[f"%{{{name}}}"])
        if len(_read_as(settings, replace(input_, grok=grok, json=None), sample).points):
            return f'set {_key(input_, "patterns")} = ["%{{{name}}}"]'
    return f"`logshipper explain {sample.name}` shows where they differ; with a log-format of your own: --ini YOUR.ini"


def _time(sample: Sample, newest: float, last: float | None, now: float, fix: Callable[[], str]) -> Finding:
    """Compare the newest request with the clock, and the last line, if it is a request, with its writing."""
    off = 0.0 if last is None else last - sample.written
    steps = round(off / _ZONE_STEP)
    if newest - now > AHEAD:
        return bad("time", f"{sample.name}: the newest request is {lasting(newest - now)} in the future", fix())
    if 0 < abs(steps) <= _ZONES and abs(off - steps * _ZONE_STEP) < OLD:
        return bad(
            "time", f"{sample.name}: the last request is {lasting(-off)} older than the writing of its line", fix()
        )
    return good("time", f"{sample.name}: the newest request is from {lasting(max(0.0, now - newest))} ago")


def _zone_fix(settings: Settings, input_: Input, line: Sample) -> str:
    """Return the zone in which the last line has the time of its writing."""
    for zone in ("UTC", "Local"):
        given = replace(input_, grok=replace(input_.grok, timezone=zone))
        times = _times(_read_as(settings, given, line))
        if times and abs(times[-1] - line.written) < OLD:
            return f'set {_key(input_, "timezone")} = "{zone}"'
    return f"set {_key(input_, 'timezone')} to the zone in which uWSGI runs, and check the clocks"


def _tags(settings: Settings, sample: Sample, batch: Batch, keep: Callable[[str], bool]) -> Finding:
    most, requests = settings.logshipper.max_tag_values, len(batch.points)
    counts = {tag: count for tag, count in batch.tag_counts.items() if keep(tag) and tag not in (MEASUREMENTS, NAMES)}
    tag, count = max(counts.items(), key=lambda one: one[1], default=("", 0))
    text = f"{sample.name}: {counted(count, 'value')} of the tag {tag} in {counted(requests, 'request')}"
    fix = "raise max_tag_values, or tagexclude the tag (routes_file gives the tag route instead)"
    if count >= most:
        return doubtful("tags", f"{text}: max_tag_values = {most:,} is reached, others become (other)", fix)
    if requests >= 100 and count > requests / 2:
        return doubtful("tags", f"{text}: max_tag_values = {most:,} will be reached soon", fix)
    return good("tags", f"{text}; max_tag_values is {most:,}")


def _times(batch: Batch) -> list[float]:
    return [time / 1e9 for _, _, time in rows_in(batch.points)]


def _key(input_: Input, name: str) -> str:
    return f"grok_{name}" if input_.plugin == "tail" else name
