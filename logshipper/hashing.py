"""The hash by which contents, logs and tag values are known."""

from hashlib import blake2b


def digest(data: bytes) -> int:
    """Return the 64-bit hash by which contents are told apart."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")
