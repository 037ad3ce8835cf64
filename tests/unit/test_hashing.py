"""The hash that identifies contents, logs and tag values."""

from hypothesis import given
from hypothesis import strategies as st

from logshipper.hashing import digest


def test_a_digest_is_64_bits_of_blake2b() -> None:
    assert digest(b"") == 0xE4A6A0577479B2B4


@given(st.binary(max_size=200))
def test_a_digest_is_stable_and_fits_into_64_bits(data: bytes) -> None:
    assert digest(data) == digest(bytes(data))
    assert 0 <= digest(data) < 2**64
