"""The database, and the way to it: cases 10, 28 to 32 and 36."""

import email.utils
import os
import signal
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.faults.oracle import Outcome, quarantined
from tests.faults.tmpfs import tmpfs
from tests.faults.world import World
from tests.support import proxy as modes
from tests.support.log_writer import START, line, stamp
from tests.support.tls import TlsServer, make_certificate
from tests.support.waiting import wait_until


def disk_full(world: World) -> Outcome:
    """10: influxd's disk is full, then freed, and the server restarted."""
    with tmpfs(world.folder / "disk", "24m") as disk:
        influx, writer = world.own_influxd(disk / "influxd"), world.writer()
        shipper = world.shipper().start()
        rounds = world.size(5, 1)
        for number in range(rounds):
            writer.write(1000)
            world.settle()
            filler = disk / "filler"
            _fill(filler)
            os.truncate(filler, max(0, filler.stat().st_size - 100_000))  # so that a write tears
            writer.write(5000)
            refused = shipper.said("no space left")
            wait_until(lambda refused=refused: shipper.said("no space left") > refused)  # type: ignore[misc]
            if number % 2:
                shipper.kill()
            filler.unlink()
            influx.kill() if world.dice.random() < 0.5 else influx.stop()
            influx.start()
            if number % 2:
                shipper.start()
        world.settle()
        shipper.stop()
        influx.kill()
        influx.start()
        gone = len(writer.written) - world.count()
        shipper.once()  # it has not forgotten that the disk was full
        return world.finish(runs=rounds, note=f"influxd forgot {gone} points at its last restart; shipped again")


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as opened:
        try:
            while True:
                opened.write(bytes(65536))
        except OSError:
            return


def backlog(world: World) -> Outcome:
    """28: a backlog against a database that comes back: flat memory."""
    lines = world.size(20_000_000, 40_000)
    proxy, writer = world.proxy(), world.writer()
    proxy.mode = modes.refuse
    shipper = world.shipper(url=proxy.url).start()
    writer.write(2000)
    shipper.wait_for("retrying")
    idle = shipper.memory("VmRSS")
    writer.write(lines - 2000)
    proxy.mode = modes.forward
    started = time.monotonic()
    world.settle(timeout=60 + lines / 2000)
    took = time.monotonic() - started
    grown = max(0, shipper.memory() - idle)
    note = f"idle {idle // 1024} MiB, at most {grown // 1024} MiB more, {lines / took:,.0f} lines/s"
    return world.finish(note=note, deviation="memory grew too much" if grown > 64 * 1024 else "")


def bad_network(world: World) -> Outcome:
    """29: reset in the body, one byte a second, a black hole, half-open."""
    proxy, writer = world.proxy(), world.writer()
    shipper = world.shipper(url=proxy.url, more='timeout = "1s"').start()
    ways = (modes.reset_in_body, modes.trickle, modes.black_hole, modes.half_open)
    late = ""
    for way in ways:
        before, tries = proxy.requests, 1 if way is modes.trickle else 2
        proxy.mode = way
        writer.write(3000)
        wait_until(lambda seen=before + tries: proxy.requests >= seen)  # type: ignore[misc]
        if not world.short or way is modes.half_open:
            late = late or world.stopped_late(shipper)
            shipper.start()
        proxy.mode = modes.forward
        world.settle()
    return world.finish(runs=len(ways), deviation=late)


def _answers() -> dict[str, modes.Mode]:
    soon = email.utils.formatdate(time.time() + 2, usegmt=True)
    own = '{"code":"invalid","message":"made up"}'
    return {
        "429, Retry-After: 1": modes.answer(429, "Retry-After: 1"),
        "429, Retry-After a date": modes.answer(429, f"Retry-After: {soon}"),
        "503, Retry-After garbage": modes.answer(503, "Retry-After: later, please"),
        "503, Retry-After huge": modes.answer(503, "Retry-After: -1"),
        "500": modes.answer(500),
        "502, a page": modes.answer(502, "Content-Type: text/html", "<html>Bad Gateway</html>"),
        "401": modes.answer(401, "", own),
        "403": modes.answer(403, "", own),
        "404": modes.answer(404, "", '{"code":"not found","message":"bucket \\"x\\" not found"}'),
        "400, a page": modes.answer(400, "Content-Type: text/html", "<html>nginx</html>"),
        "200, a page": modes.answer(200, "Content-Type: text/html", "<html>Welcome</html>"),
        "bytes that are no text": modes.answer(500, "", "\xff\xfe\xff"),
    }


def statuses(world: World) -> Outcome:
    """30: 429, 5xx, 401, 403, 404, 413; Retry-After in seconds, as a date, garbage."""
    proxy, writer = world.proxy(), world.writer()
    world.shipper(url=proxy.url, ours="writers = 1").start()
    answers = _answers()
    chosen = list(answers) if not world.short else ["429, Retry-After: 1", *world.dice.sample(list(answers)[1:], 5)]
    deviation = ""
    for name in chosen:
        mode = answers[name]
        before = proxy.requests
        proxy.mode = mode
        writer.write(200)
        wait_until(lambda before=before: proxy.requests >= before + 2)  # type: ignore[misc]
        proxy.mode = modes.forward
        world.settle()
        gaps = [
            later - earlier for earlier, later in zip(proxy.times[before:], proxy.times[before + 1 :], strict=False)
        ]
        if name == "429, Retry-After: 1" and gaps and gaps[0] < 1:
            deviation = f"came back {gaps[0]:.2f} s after {name}"
    proxy.mode = _too_large(60_000)
    writer.write(3000)
    return world.finish(runs=len(chosen) + 1, deviation=deviation)


def _too_large(most: int) -> modes.Mode:
    def mode(exchange: modes.Exchange) -> None:
        if exchange.length > most:
            modes.answer(413)(exchange)
        else:
            modes.forward(exchange)

    return mode


def refusals(world: World) -> Outcome:
    """31: type conflict, retention, max-values-per-tag, max-series: good lines in, bad ones rejected."""
    settings = {"DATA_MAX_VALUES_PER_TAG": "60", "DATA_MAX_SERIES_PER_DATABASE": "70"}
    influx, writer = world.own_influxd(settings=settings), world.writer()
    writer.make_line = lambda number: line(number, when=stamp(int(time.time()) - 10))
    influx.query(f'CREATE RETENTION POLICY day ON "{world.database}" DURATION 1d REPLICATION 1 DEFAULT')
    shipper = world.shipper().start()
    bad: list[bytes] = []
    writer.write(300)
    for number in range(20):  # beyond retention
        bad.append(line(900_000 + number))
        writer.raw(bad[-1])
        writer.write(1)
    world.settle()
    _spoil(world)
    for number in range(30):  # beyond the number of values, or of series
        bad.append(line(910_000 + number, f"/other/{number}", stamp(int(time.time()) - 10)))
        writer.raw(bad[-1])
        writer.write(1)
    world.settle()
    wait_until(lambda: len(quarantined(shipper.state)) >= len(bad))
    return world.finish([text.rstrip(b"\n") for text in bad])


def _spoil(world: World) -> None:
    """Use up the values allowed for the tag uri: others will be refused."""
    body = "".join(f"uwsgi_log,uri=/mine/{number} spoilt=1i\n" for number in range(20))
    urllib.request.urlopen(f"{world.influx.url}/write?db={world.database}", body.encode(), timeout=10).close()


def type_conflict(world: World) -> Outcome:
    """31b: a field has another type in the database: every line is rejected, none is lost; others go on."""
    influx, writer = world.influx, world.writer()
    body = f"uwsgi_log status=1.5 {START}000000000\n".encode()
    urllib.request.urlopen(f"{influx.url}/write?db={world.database}", body, timeout=10).close()
    shipper = world.shipper().start()
    texts = [line(number) for number in range(50)]
    writer.raw(b"".join(texts))
    wait_until(lambda: len(quarantined(shipper.state)) >= 50)
    return world.finish([text.rstrip(b"\n") for text in texts])


def slow_and_many(world: World) -> Outcome:
    """32: one request a second from the database, 50 files: bounded memory, fair between files."""
    proxy = world.proxy()
    writers = [world.writer(f"log{number}.log", 100_000 * number) for number in range(50)]
    each = world.size(8000, 1500)
    shipper = world.shipper([world.folder / "log*.log"], url=proxy.url).start()
    idle = shipper.memory()
    proxy.mode = modes.one_a_second(1 if not world.short else 40)
    shipper.signal(signal.SIGSTOP)  # so that all files are there when it begins
    for writer in writers:
        writer.write(each)
    shipper.signal(signal.SIGCONT)
    counts: list[int] = []

    def all_have_begun() -> bool:
        counts[:] = _by_file(world)
        return len(counts) == len(writers)

    wait_until(all_have_begun, deadline=300)
    least, most = min(counts), max(counts)
    unfair = f"one file had {most} lines through when another had {least}" if most > 3 * 1400 + least else ""
    proxy.mode = modes.forward
    world.settle(timeout=120)
    grown = shipper.memory() - idle
    large = f"memory grew by {grown} KiB" if grown > 64 * 1024 else ""
    return world.finish(note=f"{grown // 1024} MiB more", deviation=unfair or large)


def _by_file(world: World) -> list[int]:
    found = world.influx.rows('SELECT count(totalReq) AS n FROM uwsgi_log GROUP BY "path"', world.database)
    return [int(row["n"]) for row in found]


def strangers(world: World) -> Outcome:
    """36: a bad certificate, a redirect to another host: refused before anything is sent."""
    certificate, key = make_certificate(world.folder)
    writer, deviation = world.writer(), ""
    with TlsServer(certificate, key) as server:
        more = 'username = "u"\npassword = "s3cret-pass"'
        shipper = world.shipper(url=f"https://127.0.0.1:{server.port}", more=more).start()
        writer.write(500)
        shipper.wait_for("certificate")
        shipper.kill()
        if server.received:
            deviation = f"{len(server.received)} bytes were sent to a server with a bad certificate"
    proxy, other = world.proxy(), world.proxy()
    proxy.mode = modes.answer(307, f"Location: {other.url}/write")
    second = world.shipper(url=proxy.url, more=more).start()
    second.wait_for("redirect")
    if other.requests:
        deviation = "the redirect was followed"
    proxy.mode = modes.forward
    with TlsServer(certificate, key, upstream=world.influx.port) as server:  # trusted by tls_ca: all is well
        world.settle(500)
        third = world.shipper(
            url=f"https://localhost:{server.port}",
            more=f'{more}\ntls_ca = "{certificate}"',
            state=second.folder / "other",
        ).start()
        wait_until(lambda: server.received.count(b"POST") > 0)
        third.wait_for("following")
    return world.finish(runs=3, deviation=deviation)


def starved(world: World) -> Outcome:
    """32b: one output is stuck: the other one goes on."""
    proxy, writer = world.proxy(), world.writer()
    proxy.mode = modes.black_hole
    stuck = world.output(url=proxy.url)
    shipper = world.shipper(output=world.output() + stuck).start()
    writer.write(20_000)
    world.settle()
    reached = world.count()
    slow = world.stopped_late(shipper)
    shipper.start()
    proxy.mode = modes.forward
    wait_until(lambda: proxy.requests > 1)
    return world.finish(deviation=slow or ("" if reached == 20_000 else f"{reached} of 20000 while one was stuck"))


CASES: dict[int, Callable[[World], Outcome]] = {
    10: disk_full, 28: backlog, 29: bad_network, 30: statuses, 31: refusals, 32: slow_and_many, 36: strangers,
    131: type_conflict, 132: starved,
}  # fmt: skip
