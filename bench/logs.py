"""Logs to measure with: made from a seed, so that every run reads the same bytes."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

_START = 1493995899  # Fri May  5 14:51:39 2017 UTC
_LINES_A_SECOND = 1000
_BLOCK = 10_000


def uwsgi_line(dice: random.Random, number: int, uris: int) -> str:
    """Return one line as uWSGI writes it; `uris` is the number of distinct ones."""
    moment = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(_START + number // _LINES_A_SECOND))
    method = "GET" if dice.random() < 0.9 else "POST"
    status = dice.choices((200, 302, 404, 500), (94, 2, 3, 1))[0]
    size, took = dice.randrange(14, 30_000), int(dice.lognormvariate(3, 1)) + 1
    user = "ann" if dice.random() < 0.02 else ""
    query = f"?page={dice.randrange(20)}" if dice.random() < 0.05 else ""
    return (
        f"[pid: {13 + number % 4}|app: 0|req: {number // 4 + 1}/{number + 1}] 10.0.{dice.randrange(4)}."
        f"{dice.randrange(1, 255)} ({user}) {{{dice.randrange(30, 50)} vars in {dice.randrange(500, 900)} bytes}} "
        f"[{moment}] {method} /api/obj/{dice.randrange(uris)}{query} => generated {size} bytes in {took} msecs "
        f"(HTTP/1.1 {status}) 2 headers in {dice.randrange(70, 90)} bytes (1 switches on core 0)\n"
    )


def combined_line(dice: random.Random, number: int, uris: int) -> str:
    """Return one line of the combined log format of nginx and Apache."""
    moment = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(_START + number // _LINES_A_SECOND))
    method = "GET" if dice.random() < 0.9 else "POST"
    status = dice.choices((200, 302, 404, 500), (94, 2, 3, 1))[0]
    return (
        f"10.0.{dice.randrange(4)}.{dice.randrange(1, 255)} - - [{moment}] "
        f'"{method} /api/obj/{dice.randrange(uris)} HTTP/1.1" {status} {dice.randrange(14, 30_000)} '
        f'"https://example.org/list?page={dice.randrange(20)}" '
        f'"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/{dice.randrange(100, 129)}.0"\n'
    )


KINDS = {"uwsgi": uwsgi_line, "combined": combined_line}


def blocks(kind: str, lines: int, uris: int = 1000, seed: int = 1) -> Iterator[str]:
    """Yield the text of a log in blocks of some thousand lines."""
    dice, make = random.Random(seed), KINDS[kind]
    for first in range(0, lines, _BLOCK):
        yield "".join(make(dice, number, uris) for number in range(first, min(lines, first + _BLOCK)))


def write_log(file: Path, kind: str, lines: int, uris: int = 1000, seed: int = 1) -> Path:
    """Write a log and return its name; one that is there already is kept."""
    if not file.exists():
        with file.open("w", encoding="ascii") as opened:
            opened.writelines(blocks(kind, lines, uris, seed))
    return file


def write_repeated(log: Path, gigabytes: float) -> int:
    """Write a large log, made of one block again and again; return the number of its lines."""
    block = next(blocks("uwsgi", 10_000)).encode()
    count = max(1, int(gigabytes * 10**9 / len(block)))
    with log.open("wb") as opened:
        for _ in range(count):
            opened.write(block)
    return count * 10_000
