"""Make parsers out of settings."""

import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache, partial
from pathlib import Path

from logshipper.errors import UserError, raise_all
from logshipper.grok.library import Patterns, library
from logshipper.parse.cleaning import ESCAPED
from logshipper.parse.compiled_pattern import GUESSED, CompiledPattern, cell_masks, compile_pattern
from logshipper.parse.events.log_events import EventRules
from logshipper.parse.form import TEXT, Form
from logshipper.parse.json_lines import JsonReader, JsonRules
from logshipper.parse.json_points import JsonInput
from logshipper.parse.parameters import ParameterCleaner
from logshipper.parse.parser import Parser, ParseRules, Timing
from logshipper.parse.prefix_cache import CacheBudget, PrefixRules
from logshipper.parse.redaction import CellMask, PrivacyRules, mask_for, remembered, text_mask
from logshipper.parse.routes import route_of
from logshipper.parse.tag_limit import Limits
from logshipper.points import utf8
from logshipper.selection import Renaming, as_bytes, passes
from logshipper.settings.options import Input, Settings
from logshipper.times.time_cache import ArrivalTimes, GuessedTimes, SubsecondTime, TimeCache
from logshipper.times.timestamps import time_parser, zone_named
from logshipper.wiring.selection import as_bytes_all, takes_point

SECOND = 1_000_000_000
UWSGI = "UWSGI_LOG"
UWSGI_KIN = ("%{UWSGI_LOG_MICROS}", "%{UWSGI_LOG_VARIANT}")


def build_parser(
    settings: Settings, input_: Input, budget: CacheBudget | None = None, *, rows: bool = False, form: Form = TEXT
) -> Parser:
    """Return the parser of an input, for `rows`, for line protocol or for another form.

    Raises UserError, for all invalid patterns together.
    """
    grok, keep = input_.grok, passes(as_bytes_all(input_.fieldpass), as_bytes_all(input_.fielddrop))
    static_tags, routed = _static_tags(settings, input_), bool(settings.logshipper.routes_file)
    keep_tag = passes(as_bytes_all(input_.taginclude), as_bytes_all(input_.tagexclude))
    tags = set(filter(keep_tag, [*static_tags, input_.path_tag, *(["route"] if routed else [])]))
    form = _row_form() if rows else form
    compiled = _compiled(input_, keep, tags, form)
    patterns, privacy, route = [one for one, _ in compiled], privacy_rules(settings), routes(settings)
    cleaner = ParameterCleaner(privacy.parameters)
    uwsgi = any("UWSGI_" in pattern for pattern in grok.patterns)
    rename = Renaming(*map(as_bytes, (input_.name_override, input_.name_prefix, input_.name_suffix)))
    base = as_bytes(grok.measurement or _measurement(grok.patterns, input_.plugin))
    rules = ParseRules(
        patterns=patterns,
        timings=[timing for _, timing in compiled],
        prefix=PrefixRules(
            measurement=rename(base),
            tags=static_tags,
            keep_tag=keep_tag,
            keep_field=keep,
            route=route,
            clean_query=remembered(cleaner.query),
            clean_path=cleaner.text,
            rename=rename,
        ),
        path_tag=input_.path_tag,
        limits=limits(settings),
        events=_event_rules(settings, input_, uwsgi, privacy),
        masks=_masks(patterns, privacy),
        json=json_input(input_, privacy),
        takes_point=takes_point(input_, rename, base),
        form=form,
    )
    return Parser(rules, budget)


def limits(settings: Settings) -> Limits:
    """Return what the lines of a log may name."""
    own = settings.logshipper
    return Limits(own.max_tag_values, own.max_measurements, own.max_names)


def _row_form() -> Form:
    from logshipper.parse.row_form import ROWS

    return ROWS


def _compiled(
    input_: Input, keep: Callable[[str], bool], tags: Collection[str], form: Form
) -> list[tuple[CompiledPattern, Timing]]:
    """Return the patterns, each with its timing. Raises UserError, for all that is wrong together."""
    grok, named = input_.grok, named_patterns(input_)
    zone, compiled, errors = grok.timezone, list[tuple[CompiledPattern, Timing]](), list[UserError]()
    try:
        zone_named(zone)
    except UserError as error:
        errors.append(error.at(grok.at("timezone")))
        zone = "UTC"  # so that the patterns are checked too
    for index, pattern in enumerate(grok.patterns):
        where = grok.at(f"patterns[{index}]")
        for one in _with_kin(pattern.strip(), grok.patterns, named):
            try:
                made = compile_pattern(one, named, where, keep, tags, form)
                shown = utf8 if form.texts is ESCAPED else str  # other forms have decoded the text by then
                compiled.append((made, _timing(made, zone, grok.unique_timestamp == "auto", shown)))
            except UserError as error:
                errors.append(error.at(where))
    raise_all(errors)
    return compiled


def named_patterns(input_: Input) -> Patterns:
    """Return all patterns of an input by name. Raises UserError."""
    files = [Path(file) for file in input_.grok.custom_pattern_files]
    return library(files, [(input_.grok.text_at("custom_patterns"), input_.grok.custom_patterns)])


def json_input(input_: Input, privacy: PrivacyRules) -> JsonInput | None:
    """Return how to read JSON lines, None for an input that has none. Raises UserError."""
    options = input_.json
    if not options:
        return None
    rules = JsonRules(
        options.tag_keys,
        options.string_fields,
        options.integer_fields,
        options.name_key,
        options.time_key,
        options.message_key,
    )
    try:
        zone_named(options.timezone)
    except UserError as error:
        raise error.at(options.at("timezone")) from None
    try:
        unique = input_.grok.unique_timestamp == "auto"
        timing = _declared_timing(f'ts-"{options.time_format}"', options.timezone, unique)
    except UserError as error:
        raise error.at(options.at("time_format")) from None
    return JsonInput(
        JsonReader(rules), timing.times, timing.precision, ArrivalTimes(time.time_ns), partial(mask_for, privacy)
    )


def _with_kin(pattern: str, configured: Sequence[str], patterns: Mapping[str, str]) -> list[str]:
    """Return the pattern, with the variants of the line if it is this project's own UWSGI_LOG."""
    if pattern == f"%{{{UWSGI}}}" and patterns[UWSGI] == library().get(UWSGI):
        return [pattern, *(kin for kin in UWSGI_KIN if kin not in configured)]
    return [pattern]


def _measurement(patterns: Sequence[str], plugin: str) -> str:
    """Return the measurement for inputs whose settings give none: the plugin's name, as in Telegraf."""
    names = (("UWSGI_", "uwsgi_log"), ("NGINX_ACCESS_LOG", "nginx_access_log"))
    return next((name for mark, name in names if any(mark in pattern for pattern in patterns)), plugin)


def privacy_rules(settings: Settings) -> PrivacyRules:
    """Return what is masked and removed. Raises UserError."""
    own = settings.logshipper
    for key, bits, most in (("mask_ipv4", own.mask_ipv4, 32), ("mask_ipv6", own.mask_ipv6, 128)):
        if not 0 <= bits <= most:
            raise UserError(f"{key} = {bits} is not a number of bits", where=own.at(key), fix=f"write 0 to {most}")
    return PrivacyRules(own.mask_ipv4, own.mask_ipv6, own.hide_remote_user, own.hide_parameters)


def _masks(patterns: Sequence[CompiledPattern], rules: PrivacyRules) -> Sequence[Sequence[tuple[int, CellMask]]]:
    """Return the masked cells of each pattern; () if no pattern has any."""
    mask_of = partial(mask_for, rules)
    found = [cell_masks(compiled.columns, mask_of) for compiled in patterns]
    return found if any(found) else ()


def routes(settings: Settings) -> Callable[[str, str], str] | None:
    """Return the function that finds a path's route, None without a routes_file. Raises UserError."""
    file = settings.logshipper.routes_file
    return route_of(Path(file)) if file else None


def _event_rules(settings: Settings, input_: Input, uwsgi: bool, privacy: PrivacyRules) -> EventRules:
    parse_date = lru_cache(maxsize=512)(_guess(zone_named(input_.grok.timezone)))
    return EventRules(
        f"{as_bytes(input_.name_prefix)}uwsgi_event{as_bytes(input_.name_suffix)}",
        _static_tags(settings, input_),
        parse_date,
        written=settings.logshipper.events,
        output_is_event=uwsgi,
        mask=text_mask(privacy),
    )


def _timing(compiled: CompiledPattern, zone_name: str, unique: bool, shown: Callable[[str], str]) -> Timing:
    zone = zone_named(zone_name)
    room = SECOND if unique else 1
    if not compiled.time_kind:
        return Timing(ArrivalTimes(time.time_ns), room)
    if compiled.time_kind == GUESSED:
        return Timing(GuessedTimes(_guess(zone), time.time_ns), room)
    return _declared_timing(compiled.time_kind, zone_name, unique, shown)


def _declared_timing(kind: str, zone_name: str, unique: bool, shown: Callable[[str], str] = utf8) -> Timing:
    parser = time_parser(kind, zone_named(zone_name))
    if not (parser.variable and unique):
        return Timing(TimeCache(parser.parse, shown), parser.precision if unique else 1)

    def parse(text: str) -> int | None:
        found = parser.parse_precisely(text)
        if found is None or found[1] >= parser.precision:
            return found and found[0]
        return SubsecondTime(*found)

    return Timing(TimeCache(parse, shown), parser.precision)


def _guess(zone: tzinfo) -> Callable[[str], int | None]:
    """Return a parser for uWSGI's date, the dates that Telegraf knows by name, and ISO dates."""
    parsers = [time_parser(kind, zone) for kind in ("ts-uwsgi", 'ts-"2006-01-02 15:04:05"', "ts")]

    def guess(text: str) -> int | None:
        return next((time for parser in parsers if (time := parser.parse(text)) is not None), None)

    return guess


def _static_tags(settings: Settings, input_: Input) -> Mapping[str, str]:
    host = {} if settings.agent.omit_hostname else {"host": settings.agent.hostname or socket.gethostname()}
    tags = {**settings.global_tags, **host, **input_.tags}
    return {as_bytes(name): as_bytes(value) for name, value in tags.items()}
