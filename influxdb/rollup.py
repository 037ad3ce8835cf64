"""Roll up by asking and writing: for InfluxDB 3 Core, which has no continuous queries, and for old requests.

    python3 -m influxdb.rollup --version 3 --url http://127.0.0.1:8086 --secrets FOLDER       # every minute
    python3 -m influxdb.rollup --version 1 --url … --secrets FOLDER --since 2026-01-31        # once, from then on

The points are those of the continuous queries and tasks: what is computed again overwrites itself.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from influxdb import v1, v2, v3
from influxdb.api import Api, ApiError
from influxdb.plan import HOURLY, RAW, ROLLUP, ROLLUP_TAGS, YEAR, Plan
from influxdb.setup import add_server, plan_of

MINUTE, HOUR = 60, 3600  # seconds
MINUTES_AGAIN, HOURS_AGAIN = 10 * MINUTE, 2 * HOUR
SIGN_IN = {
    "1": lambda url, plan: v1.sign_in(url, plan.admin, plan.secret("influxdb-admin-password")),
    "2": v2.sign_in,
    "3": v3.sign_in,
}


def main(arguments: list[str] | None = None) -> int:
    """Roll up every minute for ever, or once with --since; 1 when the server cannot be asked (with --since)."""
    parser = argparse.ArgumentParser(prog="python3 -m influxdb.rollup", description=(__doc__ or "").splitlines()[0])
    add_server(parser)
    parser.add_argument("--since", type=datetime.fromisoformat, help="once, from this day on (UTC)")
    options = parser.parse_args(arguments)
    plan, url = plan_of(options), options.url.rstrip("/")
    while True:
        try:
            api, now = SIGN_IN[options.version](url, plan), int(time.time())
            if options.since:
                backfill(api, plan, int(options.since.replace(tzinfo=UTC).timestamp()), now)
                return 0
            roll_up(api, plan, now - MINUTES_AGAIN, now - HOURS_AGAIN, now)
        except (ApiError, OSError) as error:
            print(f"rollup: {url}: {error}", file=sys.stderr, flush=True)
            if options.since:
                return 1
        time.sleep(MINUTE - time.time() % MINUTE + 10)


def backfill(api: Api, plan: Plan, start: int, end: int) -> None:
    """Roll up the period hour by hour, so that no answer is large; epoch seconds."""
    for hour in range(start - start % HOUR, end, HOUR):
        roll_up(api, plan, hour, hour, min(hour + HOUR, end))


def roll_up(api: Api, plan: Plan, minutes_from: int, hours_from: int, end: int) -> None:
    """Write the minutes and then the hours that begin between these times (epoch seconds); the last minute whole."""
    whole = f"time >= {minutes_from - minutes_from % MINUTE}s AND time < {end - end % MINUTE}s"
    hours = f"time >= {hours_from - hours_from % HOUR}s AND time < {end}s"
    failed = f"{whole} AND \"status_class\" = '5xx'"
    for name, fields, source, where, step in (
        (ROLLUP, v1.FIELDS, f'"{RAW}"', whole, "1m"),
        (ROLLUP, v1.ERRORS, f'"{RAW}"', failed, "1m"),
        (HOURLY, v1.HOURS, f'"{YEAR}"."{ROLLUP}"', hours, "1h"),
    ):
        tags = ", ".join(f'"{tag}"' for tag in ROLLUP_TAGS)
        question = f"SELECT {fields} FROM {source} WHERE {where} GROUP BY time({step}), {tags} fill(none)"
        found = api.influxql(question, db=plan.database, epoch="s")
        body = "\n".join(line for series in found for line in points(name, series)).encode()
        if body:
            api.request("POST", f"/write?db={plan.database}&rp={YEAR}&precision=s", body, "text/plain")


def points(name: str, series: dict[str, Any]) -> Iterator[str]:
    """Yield a line of line protocol for each row of the answer."""
    tags = "".join(f",{tag}={escaped(value)}" for tag, value in series["tags"].items() if value)
    for moment, *values in series["values"]:
        fields = [
            field(name, column, value)
            for column, value in zip(series["columns"][1:], values, strict=True)
            if value is not None
        ]
        if fields:
            yield f"{name}{tags} {','.join(fields)} {moment}"


def field(measurement: str, column: str, value: float) -> str:
    """Return name=value; an hour's p50 is a mean, and so always a float."""
    if measurement == HOURLY and column == "p50":
        return f"{column}={float(value)}"
    return f"{column}={int(value)}i"


def escaped(value: str) -> str:
    """Escape a tag's value."""
    for character in ",= ":
        value = value.replace(character, f"\\{character}")
    return value


if __name__ == "__main__":
    sys.exit(main())
