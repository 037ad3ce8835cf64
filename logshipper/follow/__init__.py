"""Following log files: which bytes are new, whatever rotates, truncates, copies, compresses or deletes them.

A *content* is what a writer has written from a file's first byte on. Renaming a file moves its content, truncating
it begins a new one, a copy or a .gz holds the same one again. What is read is remembered by content: the hash of
its first line tells which one it is, and the bytes before the position confirm it. Device and inode are only hints.
"""
