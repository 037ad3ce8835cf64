"""How the process manages memory: a shipper allocates and frees the same megabyte some thirty times a second."""

import ctypes
import gc

# mallopt(3): keep this much free memory at the end of the heap; map every allocation larger than that separately.
# By default glibc returns memory that the next write needs again, and the kernel clears it page by page.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT, _LARGE = 32 * 2**20, 4 * 2**20
# A write makes thousands of tuples and no cycle: Python would look for cycles every 700.
_MADE_BETWEEN_COLLECTIONS = 100_000


def keep_memory() -> None:
    """Keep freed memory for the next write, where there is mallopt, and look for cycles less often."""
    gc.set_threshold(_MADE_BETWEEN_COLLECTIONS)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_MMAP_THRESHOLD, _LARGE)
