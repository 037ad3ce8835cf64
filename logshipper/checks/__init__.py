"""Checks of everything that shipping needs, for the command `check`; they change nothing and disturb no shipper."""
