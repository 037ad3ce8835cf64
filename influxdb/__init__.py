"""Setting up the InfluxDB of the Docker set-up."""
