"""Delivery: writers that retry until a write is acknowledged, and how many of them work at once."""
