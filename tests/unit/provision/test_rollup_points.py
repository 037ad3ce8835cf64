"""From requests to the points of their period: on several levels, in line protocol."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logshipper.provision.rollup_histogram import HEAT
from logshipper.provision.rollup_points import LEVELS, PERCENTS, SECOND, Cell, Key, collect, escaped, lines, percentiles

TAGS = {"host": "a", "route": "/x y", "method": "GET", "status_class": "2xx"}


def found(step: int = 60) -> dict[Key, Cell]:
    values = [
        [61 * SECOND, 5, 100, 200], [119 * SECOND, 7, None, 503], [120 * SECOND, 1, 1, 200],
        [121 * SECOND, None, 9, 200],
    ]  # fmt: skip
    series: list[dict[str, Any]] = [{"tags": TAGS, "values": values}]
    series.append({"tags": {**TAGS, "host": "b", "method": "POST"}, "values": [[62 * SECOND, 9, 50, 200]]})
    cells: dict[Key, Cell] = {}
    collect(series, step, cells)
    return cells


def written(level: str, bounds: tuple[int, ...] = ()) -> list[str]:
    return [
        line for line in lines("m", "1m", found(), {level: bounds}) if re.match(f"m,step=1m,level={level}[, ]", line)
    ]


def test_requests_are_counted_in_their_minute() -> None:
    assert found() == {
        (("a", "/x y", "GET", "2xx"), 60): Cell(2, 1, 100, {5: 1, 7: 1}),
        (("a", "/x y", "GET", "2xx"), 120): Cell(1, 0, 1, {1: 1}),
        (("b", "/x y", "POST", "2xx"), 60): Cell(1, 0, 50, {9: 1}),
    }


def test_a_level_adds_up_what_differs_in_other_tags_only() -> None:
    assert written("host") == [
        "m,step=1m,level=host,host=a n=2i,errors=1i,bytes=100i,max=7i,p50=5i,p95=7i,p99=7i 60",
        "m,step=1m,level=host,host=a n=1i,errors=0i,bytes=1i,max=1i,p50=1i,p95=1i,p99=1i 120",
        "m,step=1m,level=host,host=b n=1i,errors=0i,bytes=50i,max=9i,p50=9i,p95=9i,p99=9i 60",
    ]
    assert written("route") == [
        r"m,step=1m,level=route,route=/x\ y n=3i,errors=1i,bytes=150i,max=9i,p50=7i,p95=9i,p99=9i 60",
        r"m,step=1m,level=route,route=/x\ y n=1i,errors=0i,bytes=1i,max=1i,p50=1i,p95=1i,p99=1i 120",
    ]


def test_every_level_counts_every_request() -> None:
    for level in LEVELS:
        assert sum(int(line.split(" n=")[1].split("i")[0]) for line in written(level)) == 4


def test_a_rollup_may_have_some_of_the_levels_only() -> None:
    written = list(lines("m", "1m", found(), {}, ["total", "host"]))
    assert [line.split("level=")[1].split(",")[0].split(" ")[0] for line in written] == ["host"] * 3 + ["total"] * 2


def test_the_total_comes_last_so_that_a_write_cut_short_is_seen() -> None:
    order = [line.split("level=")[1].split(",")[0].split(" ")[0] for line in lines("m", "1m", found(), {})]
    assert list(dict.fromkeys(order)) == list(LEVELS)
    assert order[-2:] == ["total", "total"]


def test_a_level_may_have_a_histogram() -> None:
    first, second = written("total", HEAT)
    assert first.endswith(",le_5=1i,le_10=3i,le_25=3i,le_50=3i,le_100=3i,le_250=3i,le_500=3i,le_1000=3i,le_2500=3i,"
                          "le_5000=3i,le_10000=3i 60")  # fmt: skip
    assert ",le_5=1i," in second
    assert not [line for line in lines("m", "1m", found(), {"total": HEAT}) if "le_" in line and "=total" not in line]


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=200))
def test_percentiles_are_exact(times: list[int]) -> None:
    cell = Cell()
    for time in times:
        cell.add(time, 0, 200)
    exact = [sorted(times)[max(1, int(len(times) * percent / 100 + 0.5)) - 1] for percent in PERCENTS]
    assert list(percentiles(cell.times, cell.n)) == exact


def test_what_ends_a_tag_is_escaped() -> None:
    assert escaped("a,b=c d") == r"a\,b\=c\ d"
