"""The hash that identifies contents, logs and tag values."""

from hashlib import blake2b


def digest(data: bytes) -> int:
    """Return a 64-bit hash; it is stored in checkpoints, so it must stay the same."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")
