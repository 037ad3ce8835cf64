"""Following log files: which bytes are new, whatever rotates, truncates, copies, compresses or deletes them.

A *content* is what a writer has written since it started a file. Renaming a file moves its content, truncating it
starts a new one, a copy or a .gz holds the same one again. The shipper remembers contents, not files: the hash of the
first line says which content it is, and a hash of the bytes before the position confirms it. Device and inode are only
hints.
"""
