"""Delivery: writers that try until a write is acknowledged, and how many of them at once."""
