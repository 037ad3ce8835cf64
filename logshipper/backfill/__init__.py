"""Shipping old files on all cores, as the same points that following them would have made."""
