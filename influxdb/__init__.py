"""Setting up InfluxDB, with Python's standard library alone."""
