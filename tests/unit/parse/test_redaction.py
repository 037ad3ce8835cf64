"""What is removed from a line: parts of addresses, users, query parameters by name."""

import ipaddress
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.redaction import (
    PrivacyRules,
    address_mask,
    mask_for,
    remembered,
    text_mask,
)
from logshipper.settings.options import SECRET_PARAMETERS
from tests.support.line_protocol_reader import points
from tests.support.parsing import PATH, chunk, parser, point, texts
from tests.support.request_lines import LINE


def test_only_short_texts_are_cached() -> None:
    seen: list[str] = []

    def mask(text: str) -> str:
        seen.append(text)
        return text.upper()

    once = remembered(mask)
    long = "a" * 1000
    assert [once(text) for text in ("a", long, "a", long)] == ["A", long.upper()] * 2
    assert seen == ["a", long, long]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("10.1.2.3", "10.1.2.0"),
        ("203.0.113.9, 10.0.2.2", "203.0.113.0, 10.0.2.0"),
        ("2001:db8:1:2::7", "2001:db8:1::"),
        ("::1", "::"),
        ("203.0.113.77:4711", "203.0.113.0:4711"),
        ("203.0.113.077", "203.0.113.0"),
        ("for=203.0.113.77;by=x203.0.113.78y", "for=203.0.113.0;by=x203.0.113.0y"),
        ("203.0.113.77.", "203.0.113.0."),
        ("[2001:db8:1:2::7]:443", "[2001:db8:1::]:443"),
        ("from:2001:db8:1:2::7, fe80::1%eth0", "from:2001:db8:1::, fe80::%eth0"),
        ("1:2001:db8:1:2:3:4:5:6", "1:2001:db8:1::"),
        ("2001:db8:1:2::7.", "2001:db8:1::."),
        ("2002:cb00:714d::1", "2002:cb00:7100::"),
        ("::ffff:203.0.113.77", "::ffff:203.0.113.0"),
        ("::ffff:cb00:714d", "::ffff:203.0.113.0"),
        ("64:ff9b::203.0.113.77", "64:ff9b::"),
        ("at 12:30:45, std::bad_alloc", "at 12:30:45, std::bad_alloc"),
        ("999.1.1.1", "999.1.1.1"),
        ("", ""),
        ("-", "-"),
    ],
)
def test_addresses_are_masked_to_their_network(text: str, masked: str) -> None:
    assert address_mask(24, 48)(text) == masked


def kept_bits(address: ipaddress.IPv4Address | ipaddress.IPv6Address, ipv4: int, ipv6: int) -> int:
    """Return how many bits stay; an IPv4 address inside an IPv6 address keeps no more than it would alone."""
    if isinstance(address, ipaddress.IPv4Address):
        return ipv4
    if address.ipv4_mapped:
        return 96 + ipv4
    if address.sixtofour:
        return min(ipv6, 16 + ipv4)
    return min(ipv6, 96 + ipv4) if address in ipaddress.ip_network("64:ff9b::/96") else ipv6


inner = st.integers(0, 2**32 - 1)
with_inner = (
    inner.map(lambda bits: ipaddress.IPv6Address((0xFFFF << 32) | bits))
    | inner.map(lambda bits: ipaddress.IPv6Address((0x2002 << 112) | (bits << 80) | bits))
    | inner.map(lambda bits: ipaddress.IPv6Address((0x0064_FF9B << 96) | bits))
)


@given(st.ip_addresses() | with_inner, st.integers(0, 32), st.integers(0, 128))
def test_any_address_keeps_the_configured_number_of_bits(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, ipv4: int, ipv6: int
) -> None:
    masked = ipaddress.ip_address(address_mask(ipv4, ipv6)(str(address)))
    bits = kept_bits(address, ipv4, ipv6)
    away = address.max_prefixlen - bits
    assert int(masked) >> away == int(address) >> away
    assert int(masked) & ((1 << away) - 1) == 0


def test_nothing_is_masked_unless_configured() -> None:
    assert mask_for(PrivacyRules(), "remoteAddr") is None
    assert mask_for(PrivacyRules(), "remoteUser") is None
    assert mask_for(PrivacyRules(24, 48, True), "status", "int") is None
    hide = mask_for(PrivacyRules(hide_user=True), "remoteUser")
    assert hide is not None
    assert hide.change("ann") == ""


@pytest.mark.parametrize("more", ["", "\xc3\xa9"])  # parsed as a whole, and line by line
@pytest.mark.parametrize("lines", [1, 500])  # the suffix of many equal lines is cached
def test_a_quote_next_to_a_removed_parameter_stays_inside_its_text(more: str, lines: int) -> None:
    given = parser(r"^%{WORD:method:tag} %{NUMBER:a:int} %{NOTSPACE:referer} %{NUMBER:n:int}$")
    text = f'GET 1 http://x/?token=abc",pwned="{more} 5\n'
    memory = given.memory(PATH)
    for offset in (0, len(text) * lines):  # the second chunk uses what the first has taught
        batch = given.parse(chunk(text * lines, offset), memory)
        made = [one.fields for one in points("\n".join(texts(batch)))]
        assert made == [{"a": 1, "referer": f'http://x/",pwned="{more}', "n": 5}] * lines


def test_addresses_and_parameters_are_masked_within_free_text() -> None:
    assert (
        text_mask(PrivacyRules(24, 48, parameters=SECRET_PARAMETERS))("GET /a?token=1 from 10.1.2.3 ")
        == "GET /a from 10.1.2.0 "
    )


def test_a_point_contains_nothing_that_is_hidden() -> None:
    from logshipper.settings.options import Agent, Grok, Input, LogshipperSettings, Settings
    from logshipper.wiring.parsers import build_parser

    given = Input(grok=Grok(timezone="UTC"), files=["/a.log"])
    own = LogshipperSettings(mask_ipv4=24, mask_ipv6=48, hide_remote_user=True)
    parser = build_parser(Settings(agent=Agent(omit_hostname=True), logshipper=own, inputs=[given]), given)
    line = LINE.replace("()", "(ann)").replace("/api/obj/124", "/api/obj/124?token=x&a=1")
    made = point(line, parser)
    assert made.fields["remoteAddr"] == "10.0.2.0"
    assert made.fields["query"] == "a=1"
    assert "remoteUser" not in made.fields


@pytest.mark.parametrize(("key", "bits"), [("mask_ipv4", 33), ("mask_ipv4", -1), ("mask_ipv6", 129)])
def test_an_impossible_number_of_bits_is_a_user_error(key: str, bits: int) -> None:
    from logshipper.errors import UserError
    from logshipper.settings.options import Input, LogshipperSettings, Settings
    from logshipper.wiring.parsers import build_parser

    given = Input(files=["/a.log"])
    options: dict[str, Any] = {key: bits}
    with pytest.raises(UserError, match=key):
        build_parser(Settings(logshipper=LogshipperSettings(**options), inputs=[given]), given)


@pytest.mark.parametrize(
    ("field", "text", "masked"),
    [
        ("remote_ip", "192.0.2.77", "192.0.2.0"),
        ("var_HTTP_X_FORWARDED_FOR", "203.0.113.9, 10.0.0.7", "203.0.113.0, 10.0.0.0"),
        ("login", "ann", ""),
        ("request_path", "/a?token=S1&x=1", "/a?x=1"),
        ("var_QUERY_STRING", "token=S1&x=1", "x=1"),
        ("note", "from 192.0.2.77 to /a?pwd=1", "from 192.0.2.0 to /a"),
    ],
)
def test_a_value_is_masked_according_to_its_role(field: str, text: str, masked: str) -> None:
    rules = PrivacyRules(24, 48, True, SECRET_PARAMETERS)
    for kind in ("string", "tag"):
        mask = mask_for(rules, field, kind)
        assert mask is not None
        assert mask.change(text) == masked
    assert mask_for(rules, field, "int") is None


@pytest.mark.parametrize("field", ["remoteAddr", "remoteUser", "coreInfo", "timestamp", "method", "agent"])
def test_no_value_in_the_request_line_is_masked_by_default(field: str) -> None:
    assert mask_for(PrivacyRules(parameters=SECRET_PARAMETERS), field) is None


@pytest.mark.parametrize("kind", ["string", "tag"])
def test_a_value_that_is_a_credential_is_left_out_unless_no_parameter_is_hidden(kind: str) -> None:
    mask = mask_for(PrivacyRules(parameters=SECRET_PARAMETERS), "var_HTTP_COOKIE", kind)
    assert mask is not None
    assert not mask.change("sid=1; theme=dark")
    assert mask_for(PrivacyRules(), "var_HTTP_COOKIE", kind) is None


@pytest.mark.parametrize("unit", ["::", "1:", "1.", "1::", "1.1.1.1 ", "::1 ", "fe80::1%", "1:2.3.4.5 "])
def test_a_text_of_nothing_but_colons_and_dots_takes_no_time(unit: str) -> None:
    """A client writes it into its address. The time is that of this process, and ten times what it takes."""
    mask = text_mask(PrivacyRules(ipv4=24, ipv6=48, parameters=SECRET_PARAMETERS))
    text = (unit * 32_000)[:32_000]
    started = time.process_time()
    mask(text)
    assert time.process_time() - started < 0.2
