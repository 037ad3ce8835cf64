"""`python -m bench`: measure, write RESULTS.md and print it.

python -m bench                    everything: an hour, 25 GB of temporary files
python -m bench --scale 0.1        with a tenth of the lines and files
python -m bench parsing backfill   these parts only
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import backfill, distance, embedded, kafka, parsing, report, shipping
from bench.report import Table

Part = Callable[[Path, float, int], list[Table]]


def _of(scale: float, count: int, least: int) -> int:
    return max(least, int(count * scale))


PARTS: dict[str, Part] = {
    "parsing": lambda folder, scale, rounds: [parsing.compare(folder, _of(scale, 10**6, 1000), rounds)],
    "growth": lambda folder, scale, rounds: [parsing.growth(folder, _of(scale, 10**7, 10_000))],
    "shipping": lambda folder, scale, rounds: [shipping.into_influxdb(folder, _of(scale, 10**6, 5000), rounds)],
    "embedded": lambda folder, scale, rounds: embedded.compare(folder, _of(scale, 10**7, 2000), rounds),
    "distance": lambda folder, scale, rounds: [  # a short run takes only the nearest server
        distance.compare(folder, _of(scale, 10**6, 1000), rounds, distance.DISTANCES[: _of(scale, 30, 1)])
    ],
    "memory": lambda folder, scale, rounds: [shipping.memory(folder, _of(scale, 10**7, 10_000), _of(scale, 1000, 10))],
    "latency": lambda folder, scale, rounds: [shipping.latency(folder, _of(scale, 20, 2), 1000)],
    "idle": lambda folder, scale, rounds: [shipping.idle(folder, _of(scale, 1000, 10), _of(scale, 30, 2))],
    "resume": lambda folder, scale, rounds: [shipping.resume(folder, 10 * scale)],
    "kafka": lambda folder, scale, rounds: [kafka.compare(folder, _of(scale, 10**6, 5000), rounds)],
    "backfill": lambda folder, scale, rounds: [
        backfill.compare(folder, _of(scale, 4 * 10**6, 5000), rounds),
        backfill.resumed(folder, 10 * scale),
    ],
}


def main() -> None:
    """Measure the named parts, or all of them."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    given.add_argument("--scale", type=float, default=1.0, help="fraction of the lines and files (default: 1)")
    given.add_argument("--rounds", type=int, default=5, help="take the median of this many runs (default: 5)")
    given.add_argument("--remark", default="", help="a remark about this run, for the results")
    given.add_argument("--to", type=Path, default=Path(__file__).with_name("RESULTS.md"), help="the file to write")
    options = given.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        given.error(f"no such part: {', '.join(sorted(unknown))}; known are {', '.join(PARTS)}")
    tables: list[Table] = []
    for name in options.parts or PARTS:
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        try:
            tables += PARTS[name](folder, options.scale, options.rounds)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    remark = f"Scale {options.scale:g}, median of {options.rounds}. {options.remark}".strip()
    report.write(options.to, tables, remark + "\n")


if __name__ == "__main__":
    main()
