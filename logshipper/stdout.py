"""Standard output for points: what it does not take is an error in one line."""

import os
import sys

from logshipper.errors import RunError


def write_out(body: bytes) -> None:
    """Write bytes at once. Raises RunError if there is no room for them, BrokenPipeError if the reader has gone."""
    try:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise refused(error) from error


def refused(error: OSError) -> RunError:
    """Return the error to report, and let Python forget what it could not write."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    fix = "free space on that disk, or send the output elsewhere"
    return RunError(f"cannot write: {error.strerror}", where="standard output", fix=fix)
