"""Outputs: what a write to each of them is."""
