"""How the C library keeps memory: a shipper takes and frees the same megabyte some thirty times a second."""

import ctypes

# mallopt(3): what is larger than the one is mapped anew each time, and of free memory at the end of the heap so much is
# kept. Left to itself, glibc gives back what the next write needs again, and the kernel clears it page by page.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT, _LARGE = 32 * 2**20, 4 * 2**20


def keep_memory() -> None:
    """Keep what was freed for the next write; where the C library knows no such thing, do nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_MMAP_THRESHOLD, _LARGE)
