"""Repeated ends of lines are cached; the points are the same as without the cache."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logshipper.grok.library import library
from logshipper.grok.regex_parts import sequence
from logshipper.parse import suffix_cache as ends
from logshipper.parse.compiled_pattern import compile_pattern
from logshipper.parse.parser import Parser
from logshipper.parse.suffix_cache import SplitFinder, cuts
from tests.support.parsing import TELEGRAF, all_points, chunk, chunks, parser
from tests.support.request_lines import LINE

LIBRARY = library()
NGINX = '203.0.113.9 - ann [05/May/2017:14:51:39 +0000] "GET /a?token=b HTTP/1.1" 200 14 "http://x/?token=1" "Agent {}"'


def places(pattern: str) -> dict[int, str]:
    return {before: behind for before, _, behind in cuts(compile_pattern(pattern, LIBRARY).expression)}


def first_cut(pattern: str, lines: list[str]) -> bool:
    """Return whether a cut of the pattern is worth a try for these lines, given as one chunk."""
    compiled = compile_pattern(pattern, LIBRARY)
    found = SplitFinder(compiled, ())
    found.learn(compiled.whole.findall("\n".join(lines) + "\n"))
    return found.cut is not None


class TestWhereAnExpressionIsDivided:
    def test_after_each_value_before_the_literal_that_follows(self) -> None:
        assert set(places("%{UWSGI_LOG}")) == set(range(1, 18))
        assert places("%{UWSGI_LOG}")[13].startswith(r"\((?:HTTP/)?+(")
        assert set(places("%{INT:a:int} is %{INT:b:int}, %{WORD:c}")) == {1, 2}

    def test_the_parts_joined_are_the_whole_expression(self) -> None:
        for pattern in ("%{UWSGI_LOG}", "%{COMBINED_LOG_FORMAT}", TELEGRAF):
            expression = compile_pattern(pattern, LIBRARY).expression
            whole = "".join(sequence(expression))
            assert all(front + behind == whole for _, front, behind in cuts(expression))

    def test_not_between_adjacent_values(self) -> None:
        assert places(r"%{INT:a:int}(?<b>\D)(?<c>.*)") == {}

    @pytest.mark.parametrize(
        ("expression", "divided"),
        [
            (r"(a) (b) (?<=b )(c)", set()),
            (r"(a) (b) (?<! )(c)", {1, 2}),
            (r"(a) (b) \1 (c)", set()),
            (r"(a)? (b) (?(1)c|d) (e)", set()),
        ],
    )
    def test_not_before_a_lookbehind_or_back_reference_across_the_cut(self, expression: str, divided: set[int]) -> None:
        assert {before for before, _, _ in cuts(expression)} == divided

    @pytest.mark.parametrize(
        ("expression", "pieces"),
        [
            ("(?:a(?:b)c)d", ["a", "b", "c", "d"]),
            ("(?:a)?b", ["(?:a)?", "b"]),
            ("(?:a|b)c", ["(?:a|b)", "c"]),
            (r"[)(]\(\x41{2}+(?=a)$", ["[)(]", r"\(", r"\x41{2}+", "(?=a)", "$"]),
        ],
    )
    def test_groups_without_alternatives_are_split_up(self, expression: str, pieces: list[str]) -> None:
        assert list(sequence(expression)) == pieces


LINES = [LINE.replace("5005 msecs", f"{number} msecs") for number in range(ends.SAMPLE)]


class TestWhenACutIsTried:
    def test_if_a_chunk_has_few_different_suffixes(self) -> None:
        assert first_cut("%{UWSGI_LOG}", LINES)

    def test_not_with_too_few_lines_to_judge(self) -> None:
        assert not first_cut("%{UWSGI_LOG}", LINES[1:])

    def test_not_if_every_suffix_is_new(self) -> None:
        sizes = [line.replace("in 79 bytes", f"in {number} bytes") for number, line in enumerate(LINES)]
        assert not first_cut("%{UWSGI_LOG}", sizes)

    def test_not_before_the_time(self) -> None:
        assert not first_cut("%{INT:n:int} %{WORD:a} %{HTTPDATE:ts:ts-httpd}", ["1 a 05/May/2017:14:51:39 +0000"] * 300)

    def test_not_if_no_field_is_certain_to_precede_it(self) -> None:
        assert not first_cut("(%{INT:n:int})? %{WORD:a} %{WORD:b}", ["1 a b"] * 300)

    def test_given_up_when_it_no_longer_pays_off(self) -> None:
        given_parser = parser()
        memory = given_parser.memory("")
        given_parser.parse(chunk("\n".join(LINES) + "\n"), memory)
        assert given_parser.cuts[0].cut
        for block in range(ends.PAYS_AT):
            lines = [f"{LINE.replace('in 79 bytes', f'in {block * 1000 + n} bytes')}\n" for n in range(ends.SAMPLE)]
            given_parser.parse(chunk("".join(lines)), memory)
        assert given_parser.cuts[0].cut is None

    def test_the_cache_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ends, "MOST_REMEMBERED", 5000)
        remembered = ends.SuffixCache(re.compile("(.*)"), lambda row: row)
        for number in range(100):
            assert remembered[str(number)] == (str(number),)
            assert len(remembered) <= 5000 // ends._OVERHEAD + 1


def variants() -> st.SearchStrategy[str]:
    """Return lines that the tight form takes, lines that only the loose one does, and lines that none takes."""
    status, headers = st.sampled_from(["200", "404", "50"]), st.integers(0, 3).map(str)
    user = st.sampled_from(["", "ann", 'a "b"', "(x"])
    core = st.sampled_from(
        ["(1 switches on core 0)", "(2 switches on core 7)", "(1 switches on core 0) more", "", '"', "x\0"]
    )
    made = st.tuples(status, headers, user, core, st.sampled_from(["GET /a", "POST /b?token=c&d", "GET /é"]))
    return made.map(
        lambda cells: (
            LINE.replace(" 200)", f" {cells[0]})").replace(" 2 headers", f" {cells[1]} headers")
            .replace("()", f"({cells[2]})").replace("(1 switches on core 0)", cells[3])
            .replace("GET /api/obj/124", cells[4])
        )
    )  # fmt: skip


def with_and_without(made: list[Parser], lines: list[str], cut_at: list[int]) -> list[list[str]]:
    """Return the points of lines by the first parser, which never cuts, and by the second, which always tries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ends, "SAMPLE", 10**9)
        plain = all_points(made[0], chunks(lines, cut_at))
        patch.setattr(ends, "SAMPLE", 1)
        patch.setattr(ends, "TRIED_AT", 1)
        patch.setattr(ends, "PAYS_AT", 1)
        quick = all_points(made[1], chunks(lines, cut_at))
    return [plain, quick]


@pytest.mark.slow
@given(
    st.lists(st.one_of(st.just(LINE), variants()), min_size=1, max_size=40), st.lists(st.integers(1, 40), max_size=6),
    st.sampled_from(["%{UWSGI_LOG}", TELEGRAF, TELEGRAF.replace(":coreInfo", ":remoteUser")]), st.integers(1, 5),
)  # fmt: skip
def test_the_points_equal_those_of_a_parser_that_never_cuts(
    lines: list[str], cut_at: list[int], pattern: str, most: int
) -> None:
    plain, quick = with_and_without([parser(pattern, most_tag_values=most) for _ in range(2)], lines, cut_at)
    assert quick == plain


@given(st.lists(st.sampled_from(["a", 'b \\"c\\"', "d", "é"]), min_size=1, max_size=40))
def test_values_after_the_cut_are_redacted_and_escaped_too(agents: list[str]) -> None:
    lines = [NGINX.format(agent) for agent in agents]
    plain, quick = with_and_without([parser("%{COMBINED_LOG_FORMAT}") for _ in range(2)], lines, [1, 2, 3, 4])
    assert quick == plain
    assert all("token=" not in text for text in quick)
