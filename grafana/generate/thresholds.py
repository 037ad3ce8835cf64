"""Every limit that turns something red or raises an alert, in one place. RUNBOOK.md says what to do then."""

ERROR_PERCENT_WARNING = 1.0  # share of answers 5xx
ERROR_PERCENT = 5.0
P95_WARNING = 1_000  # ms
P95 = 2_000  # ms
P95_ALERT = 10_000  # ms; the demo has a route that takes five seconds on purpose
NO_REQUESTS_FOR = "10m"
LAG_SECONDS_WARNING = 10
LAG_SECONDS = 60  # the shipper is this far behind the log
QUARANTINE_LINES = 0  # new lines in ten minutes
WORKER_DEATHS = 0  # in ten minutes
