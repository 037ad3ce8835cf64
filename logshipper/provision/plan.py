"""What every version of InfluxDB gets: names, how long data is kept, who may do what, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

YEAR = "year"
RAW, EVENTS = "uwsgi_log", "uwsgi_event"
MINUTES, FIVE_MINUTES = "uwsgi_log_minutes", "uwsgi_log_five_minutes"  # kept as long as the requests
HOURS, SIX_HOURS = "uwsgi_log_hours", "uwsgi_log_six_hours"  # in the retention policy (bucket, database) of the year
DAYS_ROLLUP, DEPLOYS_ROLLUP = "uwsgi_log_days", "uwsgi_log_deploys"  # there as well
DAYS, ROLLUP_DAYS = 30, 366  # for what is new, unless somebody chooses
ROLLUP_SHARD_DAYS = 91  # a long range reads one or two shards and not one a week, as each costs time


@dataclass(frozen=True)
class ServerUser:
    """Somebody who gets a user (1.x) or a token of their own, and what they may do: "read", "write" or both."""

    name: str
    rights: Sequence[str]

    @property
    def may(self) -> str:
        """The rights in words."""
        return f"may {' and '.join(self.rights)}"

    def secret(self, version: str) -> str:
        """Return the name of the password or token for this major version of InfluxDB."""
        kind = "password" if version == "1" else "token"
        return f"influxdb{'3' if version == '3' else ''}-{self.name}-{kind}"


SHIPPER, GRAFANA, ROLLUP = (
    ServerUser("shipper", ["write"]),
    ServerUser("grafana", ["read"]),
    ServerUser("rollup", ["read", "write"]),
)
ACCOUNTS = (SHIPPER, GRAFANA, ROLLUP)


@dataclass(frozen=True)
class Plan:
    """The database (a bucket on 2.x), its organization (2.x), and the days that data is kept.

    Days that are None leave what exists as it is. `renew` replaces a password or a token that exists and that we do not
    know.
    """

    database: str = "telegraf"
    organization: str = ""
    days: int | None = None
    rollup_days: int | None = None
    renew: bool = False

    @property
    def rollups(self) -> str:
        """The hours' bucket or database, where a retention policy has none of its own."""
        return f"{self.database}/{YEAR}"


@dataclass(frozen=True)
class SetupStep:
    """One thing that holds now: what it is, and whether it was so before. `note` is what the reader should do."""

    state: Literal["created", "changed", "kept", "skipped"]
    what: str
    note: str = ""


@dataclass(frozen=True)
class Administrator:
    """How the administrator signs in: a token (2.x and 3), or user and password (1.x)."""

    token: str = ""
    user: str = ""
    password: str = ""


def changed(what: str, days: float, was: float) -> SetupStep:
    """Return what to say of a period that becomes another one, and of the data that falls out of it."""
    note = "older data will be deleted" if was == 0 or days < was else ""
    return SetupStep("changed", f"{what} instead of {period(was)}", note)


def period(days: float) -> str:
    """Return how long something is kept, in words; 0 for ever."""
    return f"{days:g} days" if days else "for ever"
