"""Follow uWSGI's request log and write its lines to InfluxDB as points."""

__version__ = "0.1.0"
