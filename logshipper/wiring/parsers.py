"""Make parsers out of settings."""

import fnmatch
import re
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache, partial
from pathlib import Path

from logshipper.errors import UserError
from logshipper.grok.library import library
from logshipper.parse.compiled_pattern import GUESSED, CompiledPattern, compile_pattern
from logshipper.parse.events.log_events import EventRules
from logshipper.parse.json_lines import JsonReader, JsonRules
from logshipper.parse.json_points import JsonInput
from logshipper.parse.parser import Parser, ParseRules, Timing
from logshipper.parse.prefix_cache import CacheBudget, PrefixRules
from logshipper.parse.redaction import CellMask, PrivacyRules, mask_for, query_cleaner, remembered, text_mask
from logshipper.parse.routes import route_of
from logshipper.settings.options import Input, Json, Settings
from logshipper.times.time_cache import ArrivalTimes, GuessedTimes, SubsecondTime, TimeCache
from logshipper.times.timestamps import time_parser, zone_named

SECOND = 1_000_000_000
UWSGI = "UWSGI_LOG"
UWSGI_KIN = ("%{UWSGI_LOG_MICROS}", "%{UWSGI_LOG_VARIANT}")


def build_parser(settings: Settings, input_: Input, budget: CacheBudget | None = None) -> Parser:
    """Return the parser of an input. Raises UserError for an invalid pattern or time zone."""
    grok, where = input_.grok, input_.grok.at("patterns")
    named = named_patterns(input_)
    keep = _filter(input_.fieldpass, input_.fielddrop)
    static_tags, route = _static_tags(settings, input_), _route(settings.logshipper.routes_file)
    keep_tag = _filter(input_.taginclude, input_.tagexclude)
    tags = set(filter(keep_tag, [*static_tags, input_.path_tag, *(["route"] if route else [])]))
    patterns = [compile_pattern(pattern, named, where, keep, tags) for pattern in _with_kin(grok.patterns, named)]
    privacy = _privacy(settings)
    uwsgi = any("UWSGI_" in pattern for pattern in grok.patterns)
    rules = ParseRules(
        patterns=patterns,
        timings=[_timing(compiled, grok.timezone, grok.unique_timestamp == "auto") for compiled in patterns],
        prefix=PrefixRules(
            measurement=_as_bytes(input_.name_override or grok.measurement or _measurement(grok.patterns)),
            tags=static_tags,
            keep_tag=keep_tag,
            keep_field=keep,
            route=route,
            clean_query=remembered(query_cleaner(privacy.parameters)),
        ),
        path_tag=input_.path_tag,
        most_tag_values=settings.logshipper.max_tag_values,
        events=_event_rules(settings, input_, uwsgi, privacy),
        masks=_masks(patterns, privacy),
        json=_json(input_.json, grok.unique_timestamp == "auto", privacy) if input_.json else None,
    )
    return Parser(rules, budget)


def named_patterns(input_: Input) -> dict[str, str]:
    """Return all patterns of an input by name. Raises UserError."""
    files = [Path(file) for file in input_.grok.custom_pattern_files]
    return library(files, [(input_.grok.at("custom_patterns"), input_.grok.custom_patterns)])


def _json(options: Json, unique: bool, privacy: PrivacyRules) -> JsonInput:
    rules = JsonRules(
        options.tag_keys,
        options.string_fields,
        options.integer_fields,
        options.name_key,
        options.time_key,
        options.message_key,
    )
    timing = _declared_timing(f'ts-"{options.time_format}"', options.timezone, unique)
    return JsonInput(
        JsonReader(rules), timing.times, timing.precision, ArrivalTimes(time.time_ns), partial(mask_for, rules=privacy)
    )


def _with_kin(configured: Sequence[str], patterns: Mapping[str, str]) -> list[str]:
    """Return the patterns, with the variants of the line after this project's own UWSGI_LOG."""
    found: list[str] = []
    for pattern in map(str.strip, configured):
        found.append(pattern)
        if pattern == f"%{{{UWSGI}}}" and patterns[UWSGI] == library().get(UWSGI):
            found += [kin for kin in UWSGI_KIN if kin not in configured]
    return found


def _measurement(patterns: Sequence[str]) -> str:
    """Return the measurement for inputs whose settings give none."""
    names = (("UWSGI_", "uwsgi_log"), ("NGINX_ACCESS_LOG", "nginx_access_log"))
    return next((name for mark, name in names if any(mark in pattern for pattern in patterns)), "logparser_grok")


def _privacy(settings: Settings) -> PrivacyRules:
    own = settings.logshipper
    for key, bits, most in (("mask_ipv4", own.mask_ipv4, 32), ("mask_ipv6", own.mask_ipv6, 128)):
        if not 0 <= bits <= most:
            raise UserError(f"{key} = {bits} is not a number of bits", where=own.at(key), fix=f"write 0 to {most}")
    return PrivacyRules(own.mask_ipv4, own.mask_ipv6, own.hide_remote_user, own.hide_parameters)


def _masks(patterns: Sequence[CompiledPattern], rules: PrivacyRules) -> Sequence[Sequence[tuple[int, CellMask]]]:
    """Return the masked cells of each pattern; () if no pattern has any."""
    found = [
        [
            (column.index, mask)
            for column in compiled.columns
            if (column.field, column.kind) != ("uri", "tag") and (mask := mask_for(column.field, rules, column.kind))
        ]
        for compiled in patterns
    ]
    return found if any(found) else ()


def _route(file: str) -> Callable[[str, str], str] | None:
    return route_of(Path(file)) if file else None


def _event_rules(settings: Settings, input_: Input, uwsgi: bool, privacy: PrivacyRules) -> EventRules:
    parse_date = lru_cache(maxsize=512)(_guess(zone_named(input_.grok.timezone)))
    return EventRules(
        "uwsgi_event",
        _static_tags(settings, input_),
        parse_date,
        written=settings.logshipper.events,
        output_is_event=uwsgi,
        mask=text_mask(privacy),
    )


def _timing(compiled: CompiledPattern, zone_name: str, unique: bool) -> Timing:
    zone = zone_named(zone_name)
    room = SECOND if unique else 1
    if not compiled.time_kind:
        return Timing(ArrivalTimes(time.time_ns), room)
    if compiled.time_kind == GUESSED:
        return Timing(GuessedTimes(_guess(zone), time.time_ns), room)
    return _declared_timing(compiled.time_kind, zone_name, unique)


def _declared_timing(kind: str, zone_name: str, unique: bool) -> Timing:
    parser = time_parser(kind, zone_named(zone_name))
    if not (parser.variable and unique):
        return Timing(TimeCache(parser.parse), parser.precision if unique else 1)

    def parse(text: str) -> int | None:
        found = parser.parse_precisely(text)
        if found is None or found[1] >= parser.precision:
            return found and found[0]
        return SubsecondTime(*found)

    return Timing(TimeCache(parse), parser.precision)


def _guess(zone: tzinfo) -> Callable[[str], int | None]:
    """Return a parser for uWSGI's date, the dates that Telegraf knows by name, and ISO dates."""
    parsers = [time_parser(kind, zone) for kind in ("ts-uwsgi", 'ts-"2006-01-02 15:04:05"', "ts")]

    def guess(text: str) -> int | None:
        return next((time for parser in parsers if (time := parser.parse(text)) is not None), None)

    return guess


def _static_tags(settings: Settings, input_: Input) -> Mapping[str, str]:
    host = {} if settings.agent.omit_hostname else {"host": settings.agent.hostname or socket.gethostname()}
    tags = {**settings.global_tags, **host, **input_.tags}
    return {_as_bytes(name): _as_bytes(value) for name, value in tags.items()}


def _as_bytes(text: str) -> str:
    """Return text in the parser's form: one character for each byte of its UTF-8."""
    return text.encode().decode("latin-1")


def _filter(passing: Sequence[str], dropping: Sequence[str]) -> Callable[[str], bool]:
    if not passing and not dropping:
        return lambda name: True
    allowed = re.compile("|".join(map(fnmatch.translate, passing)) or ".*")
    refused = re.compile("|".join(map(fnmatch.translate, dropping)) or "(?!)")
    return lambda name: bool(allowed.match(name)) and not refused.match(name)
