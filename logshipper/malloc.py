"""How the C library manages memory: a shipper allocates and frees the same megabyte some thirty times a second."""

import ctypes

# mallopt(3): keep this much free memory at the end of the heap; map every allocation larger than that separately.
# By default glibc returns memory that the next write needs again, and the kernel clears it page by page.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT, _LARGE = 32 * 2**20, 4 * 2**20


def keep_memory() -> None:
    """Keep freed memory for the next write. Does nothing without mallopt."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_MMAP_THRESHOLD, _LARGE)
