"""The contents of lines: cases 20, 21 and 23 to 27."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from tests.faults.oracle import Outcome, quarantined, rows
from tests.faults.world import World
from tests.support.log_writer import START, line, stamp
from tests.support.needs import need
from tests.support.waiting import wait_until

TAGS = {"host", "method", "path", "route", "status_class", "uri", "kind", "exception"}
FIELDS = {
    "pid", "id", "currentReq", "totalReq", "remoteAddr", "remoteUser", "CGIVar", "CGISize", "timestamp", "resSize",
    "resTime", "httpVer", "status", "headers", "headersSize", "coreInfo", "query", "uri_full", "method_full",
    "resTimeMicros", "message", "text", "frame", "addressSpace", "rss",
}  # fmt: skip


def _schema(world: World) -> str:
    """Return what the database holds besides the configured measurements, tags and fields."""
    found = {str(row[0]) for row in rows(world.influx, world.database, "SHOW TAG KEYS")} - TAGS
    found |= {str(row[0]) for row in rows(world.influx, world.database, "SHOW FIELD KEYS")} - FIELDS
    return f"the database holds {sorted(found)}" if found else ""


def huge_line(world: World) -> Outcome:
    """20: one line of 100 MB: memory grows by 32 MiB at most, the next line is fine."""
    writer = world.writer()
    shipper = world.shipper().start()
    writer.write(1000)
    world.settle()
    idle = shipper.memory()
    part = bytes(world.dice.choices(range(33, 127), k=2**20))
    for _ in range(100):
        writer.raw(part)
    writer.raw(b"\n")
    writer.write(1000)
    world.settle()
    grown = shipper.memory() - idle
    large = f"memory grew by {grown} KiB" if grown > 32 * 1024 else ""
    return world.finish([part * 100], note=f"{grown / 1024:.0f} MiB more", deviation=large)


def random_bytes(world: World) -> Outcome:
    """21: random bytes between the lines."""
    writer = world.writer()
    shipper = world.shipper().start()
    for _ in range(world.size(6000, 25)):
        for _ in range(200):
            writer.raw(_noise(world.dice, writer.next))
            writer.raw(b"\n")
            writer.write(1)
        if world.dice.random() < 0.02:
            writer.rotate()
        wait_until(lambda: shipper.server is not None and shipper.server.process is not None)
        _keep_pace(world)
    world.settle()
    shipper.stop()
    outcome = _count_good(world)  # part of a line may still be a request, with another number
    return replace(outcome, deviation=outcome.deviation or _schema(world))


def _keep_pace(world: World) -> None:
    wait_until(lambda: world.count() >= len(world.written()) - 2000)


def _noise(dice: Random, number: int) -> bytes:
    """Return arbitrary bytes, sometimes part of a request line."""
    kind = dice.randrange(4)
    if kind == 0:
        return dice.randbytes(dice.randrange(1, 400))
    if kind == 1:
        text = bytearray(line(10**9 + number, "/bitten", user="bitten"))[:-1]
        for _ in range(dice.randrange(1, 6)):
            text[dice.randrange(len(text))] = dice.randrange(256)
        return bytes(text)
    if kind == 2:
        return bytes(dice.choices(b' ,="\\#\n\r\t\0[](){}|:%', k=dice.randrange(1, 200)))
    return "".join(chr(dice.randrange(32, 0x3000)) for _ in range(dice.randrange(1, 100))).encode("utf-8", "replace")


HOSTILE = (
    "/a,b=c d", "/q?x=1&y=a b", '/"quote"', "/back\\slash", "/ends\\", "/#hash", "#hash", "/%0a%0d", "/\xe4\xf6",
    "/a\\,b", "/a\\=b", "/a\\ b", "/=", "/,", "/\\\\", "/'", "/caf\u00c3\u00a9", "/x\ty", "/\r", "/x\r", "/uri_full",
    "/ => generated 1 bytes in 1 msecs (HTTP/1.1 200)", "/a] b", "/i,host=evil status=1i 1",
    "/a\nuwsgi_log,uri=/evil status=1i 1494000000000000000", "/nul\0byte", "/" + "x" * 60_000, "/" + "\\" * 300,
)  # fmt: skip


def hostile(world: World) -> Outcome:
    """23: hostile URI, user and method: nothing but its own point, or quarantine."""
    writer = world.writer()
    shipper = world.shipper().start()
    sent: list[tuple[bytes, str, str]] = []
    for turn in range(world.size(200, 2)):
        for text in _hostile_texts(world.dice, turn):
            for place in ("uri", "user", "method"):
                sent.append((line(writer.next, **{place: text}), place, text))
                writer.raw(sent[-1][0])
                writer.next += 1
                writer.write(1)
    wait_until(lambda: world.count() >= len(writer.written))
    shipper.stop()
    query = 'SELECT "totalReq", "uri", "uri_full", "query", "method", "method_full", "remoteUser" FROM uwsgi_log'
    there = {int(str(row[1])): row for row in rows(world.influx, world.database, query)}
    kept = [text for text, _ in quarantined(shipper.state)]
    wrong = [f"{place} {data[:150]!r}" for data, place, text in sent if not _accounted(data, place, text, there, kept)]
    fault = f"{len(wrong)} lines neither whole in the database nor in quarantine: {wrong[:2]}" if wrong else ""
    outcome = _count_good(world)
    faults = filter(None, (outcome.deviation, fault, _schema(world)))
    return replace(outcome, runs=len(sent), deviation="; ".join(faults))


def _hostile_texts(dice: Random, turn: int) -> Iterator[str]:
    if turn == 0:
        yield from HOSTILE
    else:
        yield "/" + "".join(chr(byte) for byte in dice.choices(range(1, 256), k=dice.randrange(1, 60)))


def _accounted(data: bytes, place: str, text: str, there: dict[int, list[object]], kept: list[bytes]) -> bool:
    """Return whether a hostile line is a point that holds the text byte for byte, or is in quarantine.

    A text with a newline gives incomplete lines: each is in quarantine or is not a request.
    """
    parts = [part for part in data.rstrip(b"\n").split(b"\n") if b"[pid: " in part or b"=> generated" in part]
    if all(part in kept for part in parts):
        return True
    row = there.get(int(data.split(b"/", 1)[1].split(b"]", 1)[0]))
    if row is None or len(parts) > 1:
        return False
    uri, uri_full, query, method, method_full, user = row[2:8]
    # If method and uri both contain spaces, the boundary between them is ambiguous: only together they are complete.
    whole = f"{method_full or method or ''} {uri_full or uri or ''}" + (f"?{query}" if query else "")
    found = str(user or "") if place == "user" else whole
    number = int(data.split(b"/", 1)[1].split(b"]", 1)[0])
    expected = {"user": text, "uri": f"GET {text}", "method": f"{text} /api/obj/{number % 40}"}[place]
    return found.encode().rstrip(b"?") == expected.encode("latin-1").rstrip(b"?")


def _count_good(world: World) -> Outcome:
    good = world.written()
    query = 'SELECT "totalReq", "uri", "remoteUser" FROM uwsgi_log'
    found = [row[1:] for row in rows(world.influx, world.database, query) if row[2] != "/bitten" and row[3] != "bitten"]
    mine = [number for number in (int(str(row[0])) for row in found) if number in good]
    lost, doubled = len(good) - len(set(mine)), len(mine) - len(set(mine))
    peak = max(shipper.peak for shipper in world.shippers)
    deviation = f"{lost} lost, {doubled} doubled" if lost or doubled else ""
    kept = len(quarantined(world.shippers[0].state))
    return Outcome(1, len(good), lost, doubled, kept, peak, deviation=deviation)


def bombs(world: World) -> Outcome:
    """24: regular-expression bombs of 64 KiB: less than 50 ms a line."""
    writer = world.writer()
    shipper = world.shipper().start()
    writer.write(500)
    world.settle()
    texts = [make(65_000) for make in _BOMBS]
    used = shipper.cpu_seconds()
    for text in texts:
        writer.raw(text + b"\n")
        writer.write(1)
    world.settle()
    each = (shipper.cpu_seconds() - used) / len(texts)
    slow = f"{each * 1000:.0f} ms a line" if each > 0.05 else ""
    shipper.stop()
    outcome = _count_good(world)  # a bomb may also be a request
    note = f"{each * 1000:.1f} ms of CPU a line"
    return replace(outcome, runs=len(texts), note=note, deviation=outcome.deviation or slow)


_PREFIX = line(0).split(b"GET")[0]
_BOMBS: tuple[Callable[[int], bytes], ...] = (
    lambda size: _PREFIX + b"GET /" + b"a" * size,
    lambda size: _PREFIX + b"GET /" + b"?a=1&" * (size // 5),
    lambda size: _PREFIX + b"GET /" + b"/a" * (size // 2) + b" => generated 1 bytes",
    lambda size: b"[pid: " + b"1" * size,
    lambda size: b"[pid: 1|app: 0|req: 1/1] " + b"1." * (size // 2),
    lambda size: b"[pid: 1|app: 0|req: 1/1] " + b"1:" * (size // 2),
    lambda size: b"[pid: 1|app: 0|req: 1/1] 10.0.0.1 (" + b"(" * size,
    lambda size: b"[pid: " * (size // 6),
    lambda size: line(10**9)[:-1] * (size // 200),
    lambda size: b" => generated " * (size // 14),
    lambda size: b"{" + b" " * size,
    lambda size: b"1-1:1." * (size // 6),
    lambda size: b"Traceback (most recent call last):" + b" " * size,
    lambda size: b"\\" * size,
)


def many_uris(world: World) -> Outcome:
    """25: a million different URIs: the series stay within the cap."""
    lines, cap = world.size(1_000_000, 20_000), world.size(5000, 500)
    writer = world.writer(make_line=lambda number: line(number, f"/item/{number}"))
    shipper = world.shipper(ours=f"max_tag_values = {cap}").start()
    half = lines // 2
    writer.write(half)
    shipper.kill()
    shipper.start()
    writer.write(lines - half)
    world.settle(timeout=300)
    outcome = world.finish()
    series = sum(1 for _ in rows(world.influx, world.database, "SHOW SERIES"))
    full = sum(
        1
        for row in rows(world.influx, world.database, "SELECT uri_full FROM uwsgi_log WHERE uri = '(other)'")
        if row[1]
    )
    wrong = f"{series} series with a cap of {cap}" if series > cap + 1 else ""
    wrong = wrong or (f"{full} full URIs kept of {lines - cap}" if full != lines - cap else "")
    return replace(outcome, note=f"{series} series", deviation=outcome.deviation or wrong)


def same_second(world: World) -> Outcome:
    """26: 5,000 lines of the same second and tags, stamps out of order: nothing is overwritten."""
    when = stamp(START)
    one = world.writer("one.log", make_line=lambda number: line(number, "/same", when))
    mixed = world.writer(
        "mixed.log", 100_000, make_line=lambda number: line(number, "/same", stamp(START - number * 7919 % 100))
    )
    shipper = world.shipper([one.path, mixed.path]).start()
    for _ in range(world.size(20, 4)):
        one.write(5000 // 4)
        mixed.write(5000 // 4)
        if one.next >= 5000:
            one.rotate()
            shipper.kill()
            shipper.start()
    return world.finish()


def clock_steps(world: World) -> Outcome:
    """27: the clock steps a day back and forth; daylight saving begins and ends."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    need("faketime", package="faketime")
    writer, offset = world.writer(), world.folder / "offset"
    offset.write_text("+0")
    env = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1"}
    env |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    shipper = world.shipper(env=env).start()
    steps = ("+1d", "-1d", "+0", "+1d", "+0")[: world.size(5, 2)]
    for step in steps:
        offset.write_text(step)
        writer.write(600)
        world.settle()
        writer.rotate()
        if world.dice.random() < 0.5:
            shipper.kill()
            shipper.start()
    outcome = world.finish(runs=len(steps))
    times = {
        int(str(row[1])): int(str(row[0])) // 10**9
        for row in rows(world.influx, world.database, "SELECT totalReq FROM uwsgi_log")
    }
    late = [number for number, second in times.items() if second != START + number // 500]
    wrong = f"{len(late)} points have another time" if late else _daylight_saving(world)
    return replace(outcome, deviation=outcome.deviation or wrong)


def _daylight_saving(world: World) -> str:
    """Ship the two days of a year on which the clocks change, half an hour apart; return what is wrong."""
    zone, made = ZoneInfo("Europe/Paris"), []
    for first in (datetime(2017, 3, 26, tzinfo=zone), datetime(2017, 10, 29, tzinfo=zone)):
        start = int(first.timestamp())
        made += [start + half * 1800 for half in range(48)]
    log = world.folder / "paris.log"
    texts = []
    for number, second in enumerate(made):
        local = datetime.fromtimestamp(second, zone).strftime("%a %b %e %H:%M:%S %Y")
        texts.append(line(number, "/paris", local))
    log.write_bytes(b"".join(texts))
    world.shipper([log], timezone="Europe/Paris").once()
    found = {
        int(str(row[1])): int(str(row[0])) // 10**9
        for row in rows(world.influx, world.database, "SELECT totalReq FROM uwsgi_log WHERE uri = '/paris'")
    }
    wrong = [number for number, second in enumerate(made) if found.get(number) != second]
    ambiguous = [
        n for n in wrong if datetime.fromtimestamp(made[n], zone).hour == 2 and abs(found.get(n, 0) - made[n]) == 3600
    ]
    if len(found) != len(made) or len(wrong) != len(ambiguous):
        return f"daylight saving: {len(found)} of {len(made)} rows, {len(wrong)} with a wrong time: {json.dumps(wrong)}"
    return "" if len(ambiguous) <= 2 else f"daylight saving: {len(ambiguous)} rows of the hour that comes twice"


CASES: dict[int, Callable[[World], Outcome]] = {
    20: huge_line, 21: random_bytes, 23: hostile, 24: bombs, 25: many_uris, 26: same_second, 27: clock_steps,
}  # fmt: skip
