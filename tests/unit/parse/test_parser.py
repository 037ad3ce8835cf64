"""Each line becomes a point, a rejected line or a kind of noise, however the lines are cut into chunks."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.parse.matching import NOT_UTF8, NUL
from logshipper.parse.parser import NO_MATCH, Parser
from logshipper.parse.tag_limit import TOO_MANY_MEASUREMENTS
from logshipper.points import as_text
from logshipper.times.time_cache import ArrivalTimes
from tests.support.line_protocol_reader import points
from tests.support.parsing import (
    PATH,
    TELEGRAF,
    all_points,
    chunk,
    chunks,
    origins_of,
    parse,
    parser,
    point,
    texts,
)
from tests.support.request_lines import LINE

FIELDS = {
    "pid": 13, "id": 0, "currentReq": 2, "totalReq": 2, "remoteAddr": "10.0.2.2", "CGIVar": 40, "CGISize": 672,
    "timestamp": "[Fri May  5 14:51:39 2017]", "resSize": 14, "resTime": 5005, "httpVer": 1.1, "status": 200,
    "headers": 2, "headersSize": 79, "coreInfo": "(1 switches on core 0)",
}  # fmt: skip
TAGS = {"method": "GET", "uri": "/api/obj/124", "path": PATH, "status_class": "2xx"}


class TestOneLine:
    def test_every_name_in_the_pattern_becomes_a_tag_or_field_and_nothing_else_does(self) -> None:
        made = point(LINE)
        assert (made.measurement, made.tags, made.fields) == ("uwsgi_log", TAGS, FIELDS)

    def test_the_time_is_the_requests_own_second(self) -> None:
        assert (point(LINE).time or 0) // 10**9 == 1493995899

    def test_numbers_keep_their_types(self) -> None:
        (text,) = parse(LINE + "\n").points
        assert "resTime=5005i," in text
        assert "httpVer=1.1," in text

    def test_a_response_time_in_micros_is_also_given_in_milliseconds(self) -> None:
        fields = point(LINE.replace("5005 msecs", "5005123 micros")).fields
        assert (fields["resTime"], fields["resTimeMicros"]) == (5005, 5005123)

    def test_the_query_is_a_field_and_not_part_of_the_uri_tag(self) -> None:
        made = point(LINE.replace("/124", '/124?a="1"&b=\\'))
        assert (made.tags["uri"], made.fields["query"]) == ("/api/obj/124", 'a="1"&b=\\')

    def test_a_remote_user_is_a_field_if_present(self) -> None:
        assert point(LINE.replace("()", '(ann "the" b)')).fields["remoteUser"] == 'ann "the" b'

    @pytest.mark.parametrize("uri", ["/a b", "/a,b=c", "/#", "/\\", '/"', "/caf\xc3\xa9", "/%0a"])
    def test_any_requested_uri_stays_within_its_own_tag(self, uri: str) -> None:
        made = point(LINE.replace("/api/obj/124", uri))
        assert made.tags["uri"] == (uri if uri != "/\\" else "/%5C")
        assert made.fields == FIELDS | ({"uri_full": uri} if uri == "/\\" else {})


class TestOtherLines:
    def test_noise_is_counted_by_kind(self) -> None:
        batch = parse(f"{LINE}\nspawned uWSGI worker 1 (pid: 7, cores: 1)\nhello\n")
        assert (len(batch.points), dict(batch.noise), batch.lines) == (1, {"worker_spawn": 1, "app_output": 1}, 3)

    def test_a_damaged_request_line_is_rejected_unchanged(self) -> None:
        (aside,) = parse(f"{LINE}\n{LINE[:-20]}\n").rejected
        assert (aside.offset, aside.line, aside.reason) == (len(LINE) + 1, LINE[:-20].encode(), NO_MATCH)

    def test_a_line_with_an_invalid_date_is_rejected_alone(self) -> None:
        wrong = LINE.replace("May  5", "Moy  5")
        batch = parse(f"{LINE}\n{LINE}\n{wrong}\n{LINE}\n")
        assert len(batch.points) == 3
        assert [(aside.offset, "is not a date" in aside.reason) for aside in batch.rejected] == [
            (2 * len(LINE) + 2, True)
        ]

    @pytest.mark.parametrize(("character", "reason"), [("\0", NUL), ("\xff", NOT_UTF8)])
    def test_lines_with_nul_or_invalid_utf8_are_rejected(self, character: str, reason: str) -> None:
        batch = parse(f"{LINE}\n{LINE.replace('124', character)}\n")
        assert [aside.reason for aside in batch.rejected] == [reason]
        assert len(batch.points) == 1

    def test_nuls_around_a_request_line_are_ignored(self) -> None:
        batch = parse("\0\0\0" + LINE + "\n\0damaged [pid: \0\n\0\0\n")
        (read,) = points(*batch.points)
        assert (read.tags, read.fields) == (TAGS, FIELDS)
        assert origins_of(batch) == [0]
        assert [aside.line for aside in batch.rejected] == [b"\0damaged [pid: \0"]
        assert batch.lines == 2

    def test_empty_lines_are_not_counted(self) -> None:
        batch = parse(f"\n{LINE}\n\n")
        assert (batch.lines, len(batch.points), batch.rejected) == (1, 1, [])

    def test_an_empty_chunk_gives_an_empty_batch(self) -> None:
        batch = parse("")
        assert (batch.lines, len(batch.points), len(batch.events), batch.rejected) == (0, 0, 0, [])

    def test_each_point_knows_the_offset_of_its_line(self) -> None:
        text = f"noise\n{LINE}\n{LINE.replace('msecs', 'micros')}\n"
        assert sorted(parse(text).offsets) == [6, 6 + len(LINE) + 1]


class TestTagLimit:
    def test_values_past_the_limit_become_other_and_are_kept_in_a_field(self) -> None:
        made = parser(most_tag_values=2)
        text = "".join(LINE.replace("124", str(number)) + "\n" for number in range(4))
        tags = [(p.tags["uri"], p.fields.get("uri_full")) for p in points("\n".join(as_text(parse(text, made).points)))]
        assert tags == [
            ("/api/obj/0", None), ("/api/obj/1", None), ("(other)", "/api/obj/2"), ("(other)", "/api/obj/3"),
        ]  # fmt: skip

    def test_a_replay_from_a_checkpoint_admits_the_same_values(self) -> None:
        made = parser(most_tag_values=3)
        lines = [LINE.replace("124", str(number % 5)) for number in range(20)]
        first, second = chunks(lines, [7])
        memory = made.memory(PATH)
        batch = made.parse(first, memory)
        expected = made.parse(second, memory).points
        resumed = made.memory(PATH, memory.tag_limit.values(batch.tag_counts))
        assert made.parse(second, resumed).points == expected


class TestMeasurementsFromLines:
    """Each is a table somewhere, so a stranger's lines may not name any number of them."""

    GROK = ("^%{WORD:m:measurement} %{INT:a:int}$", "^then %{WORD:m:measurement} %{INT:a:int}$")

    def test_a_line_with_one_too_many_is_rejected_and_the_others_are_points(self) -> None:
        batch = parse("a 1\nb 2\nc 3\na 4\n", parser(*self.GROK, most_measurements=2))
        assert [(line.line, line.reason) for line in batch.rejected] == [(b"c 3", TOO_MANY_MEASUREMENTS)]
        assert [(p.measurement, p.fields["a"]) for p in points("\n".join(texts(batch)))] == [
            ("a", 1),
            ("b", 2),
            ("a", 4),
        ]

    def test_only_the_order_of_the_lines_decides_which_pattern_ever_matches_them(self) -> None:
        made = parser(*self.GROK, most_measurements=2)
        text = "then a 1\nb 2\nc 3\nthen d 4\nthen b 5\n"
        batch = parse(text, made)
        assert [line.line for line in batch.rejected] == [b"c 3", b"then d 4"]
        pieces = chunks(text.split("\n")[:-1], [1, 2, 3, 4])
        assert all_points(made, pieces) == all_points(made, [chunk(text)])

    def test_a_name_that_the_settings_replace_counts_once(self) -> None:
        made = parser(*self.GROK, most_measurements=1, name_override="x")
        assert len(parse("a 1\nb 2\n", made).points) == 2

    def test_a_replay_from_a_checkpoint_admits_the_same_ones(self) -> None:
        made = parser(*self.GROK, most_measurements=1)
        first, second = chunks(["a 1", "b 2", "a 3"], [1])
        memory = made.memory(PATH)
        batch = made.parse(first, memory)
        resumed = made.memory(PATH, memory.tag_limit.values(batch.tag_counts))
        assert made.parse(second, resumed) == made.parse(second, memory)


# -- the same points, however the lines come ----------------------------------------------------------

FORMS = [
    LINE, LINE.replace("GET", "POST").replace("124", "7?q=1"), LINE.replace("()", "(ann)"),
    LINE.replace("msecs", "micros"), "shop.example.org " + LINE, LINE.replace("10.0.2.2", ""),
    LINE.replace("/api/obj/124", "/a b"), LINE.replace("/api/obj/124", '/"a'), LINE.replace("14:51:39", "14:51:40"),
    LINE[:-9], LINE.replace("124", "\xff"), "", "  File \"a.py\", line 1", "x = 1", LINE.replace("Fri", "fri"),
    LINE.replace("124", "caf\xc3\xa9"), LINE.replace("1.1", "2.0"),
]  # fmt: skip
any_lines = st.lists(st.one_of(st.sampled_from(FORMS), st.integers(0, 8).map(lambda n: LINE.replace("124", str(n)))))
cutting = st.sets(st.integers(0, 30))
SMALL_CAP, WIDE = parser(most_tag_values=5), parser()


@given(any_lines, cutting)
def test_the_points_do_not_depend_on_how_lines_are_cut_into_chunks(lines: list[str], cuts: set[int]) -> None:
    for made in (WIDE, SMALL_CAP):
        assert all_points(made, chunks(lines, cuts)) == all_points(made, chunks(lines, []))


@given(any_lines)
def test_every_line_is_a_point_rejected_or_noise(lines: list[str]) -> None:
    if lines:
        batch = parse("".join(line + "\n" for line in lines), WIDE)
        assert batch.lines == len(batch.points) + len(batch.rejected) + sum(batch.noise.values())
        assert len(origins_of(batch)) == len(set(origins_of(batch))) == len(batch.points)


def without_the_fast_path(given_parser: Parser) -> Parser:
    patterns = [replace(compiled, whole=re.compile("(?!)")) for compiled in given_parser.rules.patterns]
    return Parser(replace(given_parser.rules, patterns=patterns))


def at_noon(given_parser: Parser) -> Parser:
    """Return the parser with a clock that stands, for patterns without a time."""
    timings = [replace(timing, times=ArrivalTimes(lambda: 12 * 3600 * 10**9)) for timing in given_parser.rules.timings]
    return Parser(replace(given_parser.rules, timings=timings))


PARSERS = {
    "uwsgi": WIDE, "cap": SMALL_CAP, "telegraf": parser(TELEGRAF),
    "combined": parser("%{COMBINED_LOG_FORMAT}"), "any": at_noon(parser("%{INT:n:int}%{GREEDYDATA:a}", "%{DATA:b}")),
}  # fmt: skip
COMBINED = (
    '10.0.0.66 - ann [05/May/2017:14:51:39 +0000] "GET /a?b=c HTTP/1.1" 200 16248 "https://example.org/?page=1"'
    ' "curl \\"8\\""'
)


@pytest.mark.parametrize("name", PARSERS)
@given(lines=st.lists(st.sampled_from([*FORMS, COMBINED, COMBINED.replace("16248", "-")]), max_size=12))
def test_the_fast_and_the_slow_path_give_the_same_points(name: str, lines: list[str]) -> None:
    made = PARSERS[name]
    pieces = chunks(lines, [])
    quick, slow = all_points(made, pieces), all_points(without_the_fast_path(made), pieces)
    assert list(points("\n".join(quick))) == list(points("\n".join(slow)))


def test_a_clean_chunk_is_parsed_as_a_whole() -> None:
    lines = [LINE.replace("124", str(number)) for number in range(50)]
    blind = without_the_fast_path(WIDE)
    rows = WIDE.rules.patterns[0].whole.findall("\n".join(lines) + "\n")
    assert len(rows) == 50
    fast, slow = (made.parse(chunks(lines, [])[0], made.memory(PATH)) for made in (WIDE, blind))
    assert not fast.offsets
    assert origins_of(fast) == slow.offsets
    assert replace(fast, offsets=slow.offsets) == slow


def test_a_users_pattern_cannot_match_across_lines() -> None:
    made = parser(r"<(?<a>[^>]*)> %{INT:n:int}")
    batch = made.parse(chunk("<x\n> 1\n<y> 2\n"), made.memory(""))
    assert [p.fields for p in points("\n".join(as_text(batch.points)))] == [{"a": "y", "n": 2}]
