"""The dashboards and alert rules as code; `python -m grafana.generate` writes their JSON."""
