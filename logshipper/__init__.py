"""Follow uWSGI's request log and write its lines to InfluxDB as points."""

__version__ = "0.2.0"  # the one place: the build reads it here
