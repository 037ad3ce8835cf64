"""Sets of characters, and the expressions that match one of them as bytes of UTF-8 (one character is one byte)."""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

# First and last code point of each range.
Ranges = Sequence[tuple[int, int]]
ALL: Ranges = ((0, 0x10FFFF),)
_SURROGATES = (0xD800, 0xDFFF)
_LENGTH_ENDS = (0x7F, 0x7FF, 0xFFFF)
_POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)), "alpha": ((65, 90), (97, 122)), "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)), "cntrl": ((0, 31), (127, 127)), "digit": ((48, 57),), "graph": ((33, 126),),
    "lower": ((97, 122),), "print": ((32, 126),), "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)), "upper": ((65, 90),), "word": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}  # fmt: skip
_CATEGORIES = frozenset(
    ("C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
     "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs")
)  # fmt: skip


def posix(name: str) -> Ranges | None:
    """Return the characters of [:name:], None for an unknown name."""
    return _POSIX.get(name)


@lru_cache(maxsize=8)
def category(name: str) -> Ranges | None:
    """Return the characters of a general category such as L or Lu, None for an unknown name."""
    if name not in _CATEGORIES:
        return None
    found: list[tuple[int, int]] = []
    for code in range(0x110000):
        if unicodedata.category(chr(code)).startswith(name):
            if found and found[-1][1] == code - 1:
                found[-1] = (found[-1][0], code)
            else:
                found.append((code, code))
    return tuple(found)


def complement(ranges: Ranges) -> Ranges:
    """Return all other characters."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, ALL[0][1])) if start <= ALL[0][1] else tuple(found)


def byte_expression(ranges: Ranges) -> str:
    """Return an expression for one of these characters."""
    ascii_part = [(low, min(high, 127)) for low, high in sorted(ranges) if low < 128]
    parts = [f"[{''.join(map(_bounds, ascii_part))}]"] if ascii_part else []
    if len(ascii_part) == 1 and ascii_part[0][0] == ascii_part[0][1]:
        parts = [f"\\x{ascii_part[0][0]:02x}"]
    for low, high in sorted(ranges):
        for start, end in _without_surrogates(max(low, 128), high):
            parts += ["".join(_byte(*pair) for pair in zip(*both, strict=True)) for both in _sequences(start, end)]
    if not parts:
        return "(?!)"
    return parts[0] if len(parts) == 1 and not parts[0].count("\\x") > 1 else f"(?:{'|'.join(parts)})"


def _without_surrogates(low: int, high: int) -> Iterator[tuple[int, int]]:
    for start, end in ((low, min(high, _SURROGATES[0] - 1)), (max(low, _SURROGATES[1] + 1), high)):
        if start <= end:
            yield start, end


def _sequences(low: int, high: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield first and last bytes of the parts of a range in which each byte goes from its first to its last value."""
    for end in _LENGTH_ENDS:
        if low <= end < high:
            yield from _sequences(low, end)
            yield from _sequences(end + 1, high)
            return
    for mask in (0x3F, 0xFFF, 0x3FFFF):
        if low & ~mask != high & ~mask:
            if low & mask:
                yield from _sequences(low, low | mask)
                yield from _sequences((low | mask) + 1, high)
                return
            if high & mask != mask:
                yield from _sequences(low, (high & ~mask) - 1)
                yield from _sequences(high & ~mask, high)
                return
    yield chr(low).encode(), chr(high).encode()


def _byte(low: int, high: int) -> str:
    return f"\\x{low:02x}" if low == high else f"[{_bounds((low, high))}]"


def _bounds(pair: tuple[int, int]) -> str:
    low, high = pair
    return f"\\x{low:02x}" if low == high else f"\\x{low:02x}-\\x{high:02x}"
