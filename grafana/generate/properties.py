"""What panels and columns look like: colors, limits, units, widths."""

from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, FieldColorModeId, Threshold, ThresholdsMode

GREEN, BLUE, ORANGE, RED, PURPLE, GREY = "green", "blue", "orange", "red", "purple", "#8e8e8e"
NEUTRAL = "text"  # neither good nor bad, and what "no data" looks like
STATUS_COLORS = {"2xx": GREEN, "3xx": BLUE, "4xx": ORANGE, "5xx": RED, "1xx": PURPLE, "(none)": GREY}
CODE_COLORS = {"/^1/": PURPLE, "/^2/": GREEN, "/^3/": BLUE, "/^4/": ORANGE, "/^5/": RED}
RANK_COLORS = {"p50": "semi-dark-blue", "p95": "semi-dark-orange", "p99": "semi-dark-purple"}


def limits(warning: float | None = None, critical: float | None = None) -> ThresholdsConfig:
    """Return thresholds: neutral without a limit or a value, else green, orange from `warning`, red from `critical`."""
    steps = [Threshold(value=None, color=NEUTRAL)]
    if warning is not None or critical is not None:
        steps.append(Threshold(value=0, color=GREEN))
    if warning is not None:
        steps.append(Threshold(value=warning, color=ORANGE))
    if critical is not None:
        steps.append(Threshold(value=critical, color=RED))
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def decimals(digits: int) -> DynamicConfigValue:
    """Return the property: how many digits the column shows after the point."""
    return DynamicConfigValue(id_val="decimals", value=digits)


def unit(name: str) -> DynamicConfigValue:
    """Return the property: the column's unit."""
    return DynamicConfigValue(id_val="unit", value=name)


def wide(pixels: int) -> DynamicConfigValue:
    """Return the property: the column's width."""
    return DynamicConfigValue(id_val="custom.width", value=pixels)


def at_least(pixels: int) -> DynamicConfigValue:
    """Return the property: the column takes what the others leave, and never less than this."""
    return DynamicConfigValue(id_val="custom.minWidth", value=pixels)


def named(name: str) -> DynamicConfigValue:
    """Return the property: the column's heading."""
    return DynamicConfigValue(id_val="displayName", value=name)


def hidden() -> DynamicConfigValue:
    """Return the property that takes a column out of sight; queries and links may still use it."""
    return DynamicConfigValue(id_val="custom.hidden", value=True)


def inspect() -> DynamicConfigValue:
    """Return the property that opens the whole content of a long cell with a click."""
    return DynamicConfigValue(id_val="custom.inspect", value=True)


def bar(full: float) -> list[DynamicConfigValue]:
    """Return the properties that draw a number as a bar, which is full at `full`."""
    return [
        DynamicConfigValue(id_val="custom.displayMode", value="gradient-gauge"),
        DynamicConfigValue(id_val="custom.cellOptions", value={"type": "gauge", "mode": "gradient"}),
        DynamicConfigValue(id_val="min", value=0),
        DynamicConfigValue(id_val="max", value=full),
    ]


def colored(warning: float | None = None, critical: float | None = None) -> list[DynamicConfigValue]:
    """Return the properties that color a number by its limits."""
    return [
        DynamicConfigValue(id_val="custom.displayMode", value="color-text"),
        DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
        DynamicConfigValue(id_val="thresholds", value=limits(warning, critical).build()),
    ]


def link(title: str, url: str) -> DynamicConfigValue:
    """Return the property that makes a cell a link."""
    return DynamicConfigValue(id_val="links", value=[{"title": title, "url": url, "targetBlank": False}])


def fixed(color: str) -> DynamicConfigValue:
    """Return the property: a series' color."""
    return DynamicConfigValue(
        id_val="color", value=FieldColor().mode(FieldColorModeId.FIXED).fixed_color(color).build()
    )
