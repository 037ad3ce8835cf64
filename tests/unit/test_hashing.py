"""The hash by which contents, logs and tag values are known."""

from logshipper.hashing import digest


def test_a_digest_is_64_bits_of_blake2b() -> None:
    assert digest(b"") == 0xE4A6A0577479B2B4
