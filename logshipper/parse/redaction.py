"""Removes private data before a line is written: parts of addresses, users, query parameters by name.

Text is latin-1-decoded bytes. The log and the quarantine keep the original bytes.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter

from logshipper.parse.parameters import ParameterCleaner
from logshipper.parse.roles import Role, role_of

Mask = Callable[[str], str]

_TEXTS = ("string", "tag", "measurement")
_IPV6 = re.compile(
    r"(?<![0-9A-Za-z_])(?:[0-9A-Fa-f]{0,6}:){2,9}(?:\d{1,6}(?:\.\d{1,6}){3}|[0-9A-Fa-f]{0,6})(?![0-9A-Za-z_])", re.ASCII
)
_QUAD = re.compile(r"\d{1,6}(?:\.\d{1,6}){3}", re.ASCII)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# How many texts are cached, and the longest of them.
_REMEMBERED, _LONGEST_REMEMBERED = 4_096, 256


@dataclass(frozen=True, slots=True)
class CellMask:
    """How the cells of a field are masked. `may_change` is asked once for many cells, one per line."""

    change: Mask
    may_change: Callable[[str], bool] = bool


@dataclass(frozen=True, slots=True)
class PrivacyRules:
    """`ipv4` and `ipv6`: how many bits of an address are kept; `parameters`: the names that are removed."""

    ipv4: int = 32
    ipv6: int = 128
    hide_user: bool = False
    parameters: Sequence[str] = ()

    @property
    def masks_addresses(self) -> bool:
        """Whether a part of addresses is hidden."""
        return self.ipv4 < 32 or self.ipv6 < 128


def remembered(mask: Mask) -> Mask:
    """Return the mask with a cache: most texts come again soon."""
    known = lru_cache(maxsize=_REMEMBERED)(mask)
    return lambda text: known(text) if len(text) <= _LONGEST_REMEMBERED else mask(text)


def address_mask(ipv4: int, ipv6: int) -> Mask:
    """Return the function that keeps the first `ipv4` or `ipv6` bits of each address in a text and clears the rest."""

    @lru_cache(maxsize=_REMEMBERED)
    def masked_address(text: str) -> str:
        try:
            return _masked(ipaddress.IPv6Address(text), ipv4, ipv6)
        except ValueError:
            return ""

    def replace(found: re.Match[str]) -> str:
        # A word and a colon may stand in front: the longest end that is an address counts.
        text, start = found[0], 0
        while (colons := text.count(":", start)) > 1:
            # Trying is expensive, and a client may send nothing but colons.
            if colons < 9 and text.count("::", start) + text.count(":::", start) < 2:
                address = masked_address(text[start:])
                if address:
                    return text[:start] + address
            start = text.index(":", start) + 1
        return text

    return remembered(lambda text: _QUAD.sub(lambda quad: _masked_quad(quad, ipv4), _IPV6.sub(replace, text)))


def _masked_quad(quad: re.Match[str], bits: int) -> str:
    """Mask four numbers, whatever stands beside them and however many zeros they begin with."""
    a, b, c, d = map(int, quad[0].split("."))
    if max(a, b, c, d) > 255:
        return quad[0]
    kept = (a << 24 | b << 16 | c << 8 | d) >> (32 - bits) << (32 - bits)
    return f"{kept >> 24}.{kept >> 16 & 255}.{kept >> 8 & 255}.{kept & 255}"


def _masked(address: ipaddress.IPv6Address, ipv4: int, ipv6: int) -> str:
    if inner := address.ipv4_mapped:
        return f"::ffff:{_first_bits(inner, ipv4)}"
    if address.sixtofour or address in _NAT64:  # an IPv4 address is inside, in front or at the end
        ipv6 = min(ipv6, 16 + ipv4 if address.sixtofour else 96 + ipv4)
    return _first_bits(address, ipv6)


def _first_bits(address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> str:
    cleared = address.max_prefixlen - bits
    return str(type(address)(int(address) >> cleared << cleared))


def mask_for(rules: PrivacyRules, field: str, kind: str = "string") -> CellMask | None:
    """Return the mask for a field or tag, None if it stays unchanged.

    The role of the field decides, not one fixed name. Unknown text may hold addresses and URLs.
    """
    role = role_of(field) if kind in _TEXTS else ""
    return _mask_of(role, replace(rules, parameters=tuple(rules.parameters))) if role else None


@lru_cache(maxsize=32)  # one mask, with one cache of texts, for all fields of a role
def _mask_of(role: Role, rules: PrivacyRules) -> CellMask | None:
    if role == "credential":
        return CellMask(lambda text: "") if rules.parameters else None
    if role == "user":
        return CellMask(lambda text: "") if rules.hide_user else None
    if role in ("address", "text") and rules.masks_addresses:
        return CellMask(remembered(text_mask(rules)))
    if role in ("query", "url", "text") and rules.parameters:
        cleaner = ParameterCleaner(rules.parameters)
        if role == "query":
            return CellMask(remembered(cleaner.query), lambda texts: cleaner.may_hold_secret(_marked(texts)))
        return CellMask(remembered(cleaner.text), cleaner.may_hold_secret)
    return None


def _marked(queries: str) -> str:
    """Return queries, one per line, each after its question mark."""
    return "?" + queries.replace("\n", "\n?")


def text_mask(rules: PrivacyRules) -> Mask:
    """Return the mask for free text, which may hold addresses and URLs."""
    clean = ParameterCleaner(rules.parameters).text
    if not rules.masks_addresses:
        return clean
    mask = address_mask(rules.ipv4, rules.ipv6)
    return lambda text: mask(clean(text))


def masked(rows: Sequence[tuple[str, ...]], masks: Sequence[tuple[int, CellMask]]) -> Sequence[tuple[str, ...]]:
    """Return the rows with the cells at the given indexes masked."""
    changed = {}
    for index, mask in masks:
        cells = list(map(itemgetter(index), rows))
        if mask.may_change("\n".join(cells)) and (masked_cells := list(map(mask.change, cells))) != cells:
            changed[index] = masked_cells
    if not changed:
        return rows
    table: list[Sequence[str]] = list(zip(*rows, strict=True))
    for index, masked_cells in changed.items():
        table[index] = masked_cells
    return list(zip(*table, strict=True))
