"""Wiring: the one place that makes objects out of settings."""
