"""Time zones by name, with their rules; the error for an unknown name suggests the nearest one."""

from datetime import datetime, timedelta

import pytest

from logshipper.errors import UserError
from logshipper.times.zones import zone_named

WINTER, SUMMER = datetime(2017, 1, 5), datetime(2017, 7, 5)


def offsets(name: str) -> tuple[float, float]:
    zone = zone_named(name)
    found = [zone.utcoffset(moment.replace(tzinfo=zone)) or timedelta() for moment in (WINTER, SUMMER)]
    return found[0].total_seconds() / 3600, found[1].total_seconds() / 3600


@pytest.mark.parametrize(
    ("name", "winter", "summer"),
    [("UTC", 0, 0), ("Europe/Berlin", 1, 2), ("America/New_York", -5, -4), ("Asia/Kolkata", 5.5, 5.5)],
)
def test_a_zone_has_its_winter_and_summer_time(name: str, winter: float, summer: float) -> None:
    assert offsets(name) == (winter, summer)


@pytest.mark.parametrize(
    ("setting", "winter", "summer"),
    [
        ("Europe/Berlin", 1, 2),
        (":Europe/Berlin", 1, 2),
        ("/usr/share/zoneinfo/Asia/Tokyo", 9, 9),
        ("CET-1CEST,M3.5.0,M10.5.0/3", 1, 2),
        ("<+0330>-3:30", 3.5, 3.5),
        ("", 0, 0),
    ],
)
@pytest.mark.parametrize("name", ["Local", ""])
def test_the_local_zone_follows_TZ(  # noqa: N802 - the variable's name
    monkeypatch: pytest.MonkeyPatch, name: str, setting: str, winter: float, summer: float
) -> None:
    monkeypatch.setenv("TZ", setting)
    assert offsets(name) == (winter, summer)


def test_without_TZ_the_local_zone_is_that_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(
        "logshipper.times.zones._LOCALTIME", __import__("pathlib").Path("/usr/share/zoneinfo/Asia/Tokyo")
    )
    assert offsets("Local") == (9, 9)


@pytest.mark.parametrize(
    ("name", "fix"), [("Europe/Berln", "did you mean 'Europe/Berlin'?"), ("../../etc/passwd", "write")]
)
def test_an_unknown_name_gives_one_line_with_the_fix(name: str, fix: str) -> None:
    with pytest.raises(UserError) as caught:
        zone_named(name)
    assert name in str(caught.value)
    assert fix in str(caught.value)


def test_an_invalid_TZ_is_named(monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802
    monkeypatch.setenv("TZ", "Nowhere/Atall")
    with pytest.raises(UserError, match="environment variable TZ"):
        zone_named("Local")


@pytest.mark.parametrize("name", ["CEST", "PDT", "BST"])
def test_no_other_zone_is_suggested_for_an_abbreviation(name: str) -> None:
    """Its letters are near to those of zones that are hours away."""
    with pytest.raises(UserError, match="write 'Europe/Berlin', 'UTC' or 'Local'"):
        zone_named(name)
