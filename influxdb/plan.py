"""What every version of InfluxDB gets: names, and how long data is kept."""

from dataclasses import dataclass
from pathlib import Path

YEAR = "year"
RAW = "uwsgi_log"
MINUTES = "uwsgi_log_minutes"  # kept as long as the requests
HOURS = "uwsgi_log_hours"  # in the retention policy (bucket, database) of the year


@dataclass(frozen=True)
class Plan:
    """The database (a bucket on 2.x), its organization (2.x) and the days that data is kept.

    `secrets` is the folder with the files that make_secrets.py wrote; what the server itself makes goes
    there too.
    """

    secrets: Path
    database: str = "telegraf"
    organization: str = "flaskfana"
    admin: str = "admin"
    raw_days: int = 30
    rollup_days: int = 366

    @property
    def rollups(self) -> str:
        """The hours' bucket or database, where a retention policy has none of its own."""
        return f"{self.database}/{YEAR}"

    def secret(self, name: str) -> str:
        """Return the content of a secret's file; OSError where it cannot be read."""
        return (self.secrets / name).read_text().strip()
