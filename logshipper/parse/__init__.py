"""Parsing: a chunk of lines becomes a batch of points."""
