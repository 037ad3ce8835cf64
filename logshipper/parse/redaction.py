"""Removes private data before a line is written: parts of addresses, users, query parameters by name.

Text is latin-1-decoded bytes. The log and the quarantine keep the original bytes.
"""

import fnmatch
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from urllib.parse import unquote

from logshipper.parse.roles import role_of

Mask = Callable[[str], str]

_TEXTS = ("string", "tag", "measurement")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}(?![\w.:])")
# How many texts are cached, and the longest of them.
_REMEMBERED, _LONGEST_REMEMBERED = 4_096, 256


@dataclass(frozen=True, slots=True)
class CellMask:
    """How the cells of a field are masked: only texts that contain `mark` may change."""

    change: Mask
    mark: str = ""


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


def query_cleaner(parameters: Sequence[str]) -> Mask:
    """Return the function that removes the parameters of these names from a query: `a=1&token=x` becomes `a=1`."""
    if not parameters:
        return lambda query: query
    is_secret = re.compile("|".join(map(fnmatch.translate, parameters)), re.IGNORECASE).match
    may_be_secret = _suspicion(parameters)

    def clean(query: str) -> str:
        if not may_be_secret(query):
            return query
        parts = query.split("&")
        kept = [part for part in parts if not is_secret(unquote(part.partition("=")[0]))]
        return query if len(kept) == len(parts) else "&".join(kept)

    return clean


def _suspicion(parameters: Sequence[str]) -> Callable[[str], bool]:
    """Return a quick check: False if a text surely holds none of these parameters, even percent-encoded."""
    # The longest literal part of each name; most texts contain none.
    parts = sorted({max(re.split(r"[*?\[\]]", name.lower()), key=len) for name in parameters} | {"%"})
    search = re.compile("|".join(map(re.escape, parts))).search
    return lambda text: search(text.lower()) is not None


def url_cleaner(parameters: Sequence[str]) -> Mask:
    """Return the function that removes such parameters from every query inside a text."""
    clean = query_cleaner(parameters)
    if not parameters:
        return clean

    def replace(found: re.Match[str]) -> str:
        query = clean(found[1])
        return f"?{query}" if query else ""

    may_be_secret = _suspicion(parameters)
    return lambda text: re.sub(r"\?([^\s\"'#?]+)", replace, text) if "?" in text and may_be_secret(text) else text


def address_mask(ipv4: int, ipv6: int) -> Mask:
    """Return the function that keeps the first `ipv4` or `ipv6` bits of each address in a text and clears the rest."""

    def replace(found: re.Match[str]) -> str:
        try:
            address = ipaddress.ip_address(found[0])
        except ValueError:
            return found[0]
        bits = ipv4 if address.version == 4 else ipv6
        return str(ipaddress.ip_network((address, bits), strict=False).network_address)

    return remembered(lambda text: _ADDRESS.sub(replace, text))


def mask_for(rules: PrivacyRules, field: str, kind: str = "string") -> CellMask | None:
    """Return the mask for a field or tag, None if it stays unchanged.

    The role of the field decides, not one fixed name. Unknown text may hold addresses and URLs.
    """
    role = role_of(field) if kind in _TEXTS else ""
    if role == "user":
        return CellMask(lambda text: "") if rules.hide_user else None
    if role in ("address", "text") and rules.masks_addresses:
        return CellMask(remembered(text_mask(rules)))
    if role == "query" and rules.parameters:
        return CellMask(remembered(query_cleaner(rules.parameters)))
    if role in ("url", "text") and rules.parameters:
        return CellMask(remembered(url_cleaner(rules.parameters)), "?")
    return None


def text_mask(rules: PrivacyRules) -> Mask:
    """Return the mask for free text, which may hold addresses and URLs."""
    clean = url_cleaner(rules.parameters)
    if not rules.masks_addresses:
        return clean
    mask = address_mask(rules.ipv4, rules.ipv6)
    return lambda text: mask(clean(text))


def masked(rows: Sequence[tuple[str, ...]], masks: Sequence[tuple[int, CellMask]]) -> Sequence[tuple[str, ...]]:
    """Return the rows with the cells at the given indexes masked."""
    changed = {}
    for index, mask in masks:
        cells = list(map(itemgetter(index), rows))
        if mask.mark in "".join(cells) and (masked_cells := list(map(mask.change, cells))) != cells:
            changed[index] = masked_cells
    if not changed:
        return rows
    table: list[Sequence[str]] = list(zip(*rows, strict=True))
    for index, masked_cells in changed.items():
        table[index] = masked_cells
    return list(zip(*table, strict=True))
