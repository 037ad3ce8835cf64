"""Preparing servers: an InfluxDB with its rollups, and Grafana's pages, by their HTTP interfaces."""
