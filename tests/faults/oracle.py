"""Compares three sets: what was written, what the database holds, what is in quarantine."""

import json
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.influxd import Influxd


@dataclass(frozen=True)
class Outcome:
    """The result of a case; `deviation` is empty if everything is as expected. `memory` is the peak in KiB."""

    runs: int = 1
    lines: int = 0
    lost: int = 0
    doubled: int = 0
    quarantined: int = 0
    memory: int = 0
    note: str = ""
    deviation: str = ""


def rows(influx: Influxd, database: str, influxql: str) -> Iterator[list[object]]:
    """Yield the rows of a query, with the time in nanoseconds as first column; read the result in chunks."""
    form = {"q": influxql, "db": database, "epoch": "ns", "chunked": "true", "chunk_size": "20000"}
    request = f"{influx.url}/query?{urllib.parse.urlencode(form)}"
    with urllib.request.urlopen(request, timeout=600) as answer:
        for part in answer:
            for result in json.loads(part)["results"]:
                assert "error" not in result, result["error"]
                for series in result.get("series", []):
                    yield from series["values"]


def numbers(influx: Influxd, database: str) -> Counter[int]:
    """Return the number of points in the database for each line number."""
    return Counter(int(str(row[1])) for row in rows(influx, database, "SELECT totalReq FROM uwsgi_log"))


def quarantined(state: Path) -> list[tuple[bytes, str]]:
    """Return the lines in quarantine with their reasons; each must be at the position in its note."""
    found = []
    for reasons in sorted(state.rglob("*.reasons")):
        data, end = reasons.with_suffix(".lines").read_bytes(), 0
        for note in map(json.loads, reasons.read_text().splitlines()):
            assert note["position"] == end, "a gap between two lines in quarantine"
            end += note["length"] + 1
            found.append((data[note["position"] : end - 1], note["reason"]))
        assert len(data) == end, "something in quarantine has no note"
    return found


def judge(
    influx: Influxd, database: str, state: Path, written: Collection[int], bad: Collection[bytes] | None = (),
) -> Outcome:  # fmt: skip
    """Return what is lost, doubled or rejected; `bad` are the lines that belong in quarantine, None for any."""
    there = numbers(influx, database)
    kept = [kept_line for kept_line, _ in quarantined(state)]
    lost = sum(1 for number in written if number not in there)
    doubled = sum(there.values()) - len(there)
    strange = sum(1 for number in there if number not in written)
    faults = [
        f"{lost} lost" * bool(lost),
        f"{doubled} doubled" * bool(doubled),
        f"{strange} never written" * bool(strange),
    ]
    if bad is not None and Counter(kept) != Counter(bad):
        wrong = [*(Counter(kept) - Counter(bad)), *(Counter(bad) - Counter(kept))]
        faults.append(f"quarantine holds {len(kept)} lines instead of {len(bad)}, such as {wrong[0][:120]!r}")
    measurements = {row[0] for row in rows(influx, database, "SHOW MEASUREMENTS")}
    if not measurements <= {"uwsgi_log", "uwsgi_event"}:
        faults.append(f"measurements {measurements}")
    return Outcome(
        lines=len(written), lost=lost, doubled=doubled, quarantined=len(kept), deviation="; ".join(filter(None, faults))
    )
