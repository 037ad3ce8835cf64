"""Grafana: dashboards as code, and what is provisioned."""
