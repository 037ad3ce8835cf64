"""From requests to the points of their minute: on three levels, in line protocol."""

from typing import Any

from logshipper.provision.rollup_points import SECOND, Cell, Key, collect, escaped, lines

TAGS = {"host": "a", "route": "/x y", "method": "GET", "status_class": "2xx"}


def found(step: int = 60) -> dict[Key, Cell]:
    series: dict[str, Any] = {"tags": TAGS, "values": [
        [61 * SECOND, 5, 100, 200], [119 * SECOND, 7, None, 503], [120 * SECOND, 1, 1, 200],
        [121 * SECOND, None, 9, 200],
    ]}  # fmt: skip
    cells: dict[Key, Cell] = {}
    collect([series], step, cells)
    return cells


def test_requests_are_counted_on_each_level_in_their_minute() -> None:
    cells = found()
    assert {(level, begin): len(cell.times) for (level, _, begin), cell in cells.items()} == {
        ("full", 60): 2, ("full", 120): 1, ("route", 60): 2, ("route", 120): 1, ("total", 60): 2, ("total", 120): 1,
    }  # fmt: skip
    assert cells["total", (), 60] == Cell(errors=1, bytes=100, times=[5, 7])


def test_the_total_comes_last_so_that_a_write_cut_short_is_seen() -> None:
    written = list(lines("m", found(), ()))
    assert [line.split("level=")[1].split(",")[0].split(" ")[0] for line in written] == [
        "full", "full", "route", "route", "total", "total",
    ]  # fmt: skip
    assert written[4] == "m,level=total n=2i,errors=1i,bytes=100i,max=7i 60"
    assert written[2] == r"m,level=route,route=/x\ y,method=GET n=2i,errors=1i,bytes=100i,max=7i 60"


def test_a_level_may_have_a_histogram() -> None:
    (first, *_) = [line for line in lines("m", found(), ["total"]) if "level=total" in line]
    assert ",le_5=1i," in first
    assert ",le_7=2i," in first


def test_what_ends_a_tag_is_escaped() -> None:
    assert escaped("a,b=c d") == r"a\,b\=c\ d"
