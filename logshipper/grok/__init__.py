"""Grok: the library of named patterns, and their expansion to one regular expression."""
