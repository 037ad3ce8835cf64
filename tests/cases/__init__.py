"""Logs and configurations as people have them, one folder for each kind; `expected` is what becomes of the lines."""
