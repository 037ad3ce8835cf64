"""Panels in one style: every one has a title, a description and a unit, and says what no data means."""

from collections.abc import Mapping, Sequence
from typing import Any

from grafana_foundation_sdk.builders import common, heatmap, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    BigValueColorMode,
    BigValueGraphMode,
    GraphTresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    ScaleDistribution,
    SortOrder,
    StackingMode,
    TableCellHeight,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.dashboard import (
    Panel as DashboardPanel,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode

from grafana.generate.properties import GREEN, NEUTRAL, RED, fixed, limits, named
from grafana.generate.queries import PROMETHEUS
from grafana.generate.transformations import ADDED

Query = Builder[Dataquery]
Queries = Sequence[Query]
# A builder of a panel: each kind of panel has its own class, and dashboards take them all.
Panel = Builder[DashboardPanel]
# Of Prometheus' graphs. With one for each pixel, a long range would show the noise of a few requests a point.
POINTS = 200
UNNAMED = "Value"  # what Grafana calls a series whose alias is empty


def number(
    title: str, description: str, source: DataSourceRef, queries: Query | Queries, unit: str, **style: Any
) -> stat.Panel:
    """Return one big number, or one for each column; `style`: limits, width, height, decimals, states, words, added.

    `added` adds up what several queries, or several measurements of one, have found.

    A query that fails or finds nothing says "no data", never 0: a query that means 0 has to answer 0.
    """
    limit = style.get("limits")
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(source)
        .targets(list(queries) if isinstance(queries, Sequence) else [queries])
        .unit(unit)
        .height(style.get("height", 4))
        .span(style.get("width", 3))
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .thresholds(limit or limits())
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields(style.get("fields", "")))
        .no_value("no data")
    )
    if style.get("added"):
        panel = panel.transformations(ADDED)
    if "decimals" in style:
        panel = panel.decimals(style["decimals"])
    if "states" in style:
        panel = panel.mappings([named_states(style["states"])])
    if "words" in style:
        words = {str(key): ValueMappingResult(text=word, color=NEUTRAL) for key, word in style["words"].items()}
        panel = panel.mappings([ValueMap(options=words)])
    return panel


def named_states(states: Mapping[int, str]) -> ValueMap:
    """Return the mapping that shows words for numbers: 0 red, all others green."""
    words = {
        str(number_): ValueMappingResult(text=word, color=GREEN if number_ else RED) for number_, word in states.items()
    }
    return ValueMap(options=words)


def graph(
    title: str, description: str, source: DataSourceRef, queries: Queries, unit: str, **style: Any
) -> timeseries.Panel:
    """Return lines over time.

    `style`: width, height, colors (series name -> color), patterns (regular expression of names -> color), stacked,
    least (the shortest interval), max, soft_max (where the axis ends if all is 0), fill, limits (drawn as lines),
    legend (its columns, such as ["mean", "max"]).
    A gap is drawn as a gap.
    """
    legend = common.VizLegendOptions().show_legend(True).placement(LegendPlacement.BOTTOM)
    columns = style.get("legend", [])
    legend = legend.display_mode(LegendDisplayMode.TABLE if columns else LegendDisplayMode.LIST).calcs(columns)
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(source)
        .targets(list(queries))
        .unit(unit)
        .min(0)
        .height(style.get("height", 8))
        .span(style.get("width", 12))
        .legend(legend)
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .line_width(1)
        .fill_opacity(style.get("fill", 10))
        .show_points(VisibilityMode.AUTO)
        .span_nulls(False)
        .no_value("no data in this period")
        .interval(style.get("least", "10s"))
    )
    if source is PROMETHEUS:
        panel = panel.max_data_points(POINTS)
    if style.get("stacked"):
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A")).fill_opacity(60)
    if "limits" in style:
        lines = common.GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.DASHED)
        panel = panel.thresholds(style["limits"]).thresholds_style(lines)
    if "max" in style:
        panel = panel.max(style["max"])
    if "soft_max" in style:
        panel = panel.axis_soft_max(style["soft_max"])
    return with_colors(panel, style.get("colors", {}), style.get("patterns", {}))


def with_colors(panel: timeseries.Panel, names: Mapping[str, str], patterns: Mapping[str, str]) -> timeseries.Panel:
    """Return the graph with colors by series name and by regular expression, and a name for the series without one."""
    for name, color in names.items():
        panel = panel.override_by_name(name, [fixed(color)])
    for pattern, color in patterns.items():
        panel = panel.override_by_regexp(pattern, [fixed(color)])
    return panel.override_by_regexp(f"/^{UNNAMED}$/", [named("(no value)")])


def heat_map(title: str, description: str, source: DataSourceRef, queries: Queries, **style: Any) -> heatmap.Panel:
    """Return a heat map of counts: one series per bucket, named by the bucket's upper end.

    The names are bare numbers and +Inf: Grafana sorts the rows by number only when every name is one.
    """
    colors = (
        heatmap.HeatmapColorOptions()
        .mode(HeatmapColorMode.SCHEME)
        .scheme("Oranges")
        .exponent(0.4)
        .steps(64)
        .reverse(False)
    )
    scale = common.ScaleDistributionConfig().type(ScaleDistribution.LINEAR)
    panel = (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(source)
        .targets(list(queries))
        .height(style.get("height", 8))
        .span(style.get("width", 24))
        .interval(style.get("least", "10s"))
        .calculate(False)
        .color(colors)
        .cell_gap(1)
        .cell_values(heatmap.CellValues().unit(style.get("counts", "short")))
        .y_axis(heatmap.YAxisConfig().unit(style.get("unit", "ms")).axis_placement(AxisPlacement.LEFT).reverse(False))
        .rows_frame(heatmap.RowsHeatmapOptions().layout("le"))  # type: ignore[arg-type]
        .scale_distribution(scale)
        .filter_values(heatmap.FilterValueRange().le(1e-9))
        .show_tooltip()
        .show_y_histogram()
        .show_legend()
        .exemplars_color("rgba(255,0,255,0.7)")
        .unit(style.get("counts", "short"))
    )
    return panel.max_data_points(POINTS) if source is PROMETHEUS else panel


def rows(
    title: str,
    description: str,
    source: DataSourceRef,
    queries: Queries,
    columns: Mapping[str, Sequence[Any]],
    **style: Any,
) -> table.Panel:
    """Return a table.

    `columns`: name -> properties of that column, in the order in which they are to stand (see `unit`, `wide`,
    `bar`, `named`, `link`, `hidden`). `style`: width, height, sort (a column, descending), transformations.
    """
    order = {
        "indexByName": {name: index for index, name in enumerate(columns)},
        "excludeByName": {},
        "renameByName": {},
    }
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(source)
        .targets(list(queries))
        .unit(style.get("unit", "none"))
        .height(style.get("height", 9))
        .span(style.get("width", 12))
        .cell_height(TableCellHeight.SM)
        .thresholds(limits())
        .no_value("-")  # in an empty cell as well
        .show_header(True)
    )
    if style.get("sort"):
        panel = panel.sort_by([common.TableSortByFieldState().display_name(style["sort"]).desc(True)])
    panel = panel.transformations(
        [*style.get("transformations", []), DataTransformerConfig(id_val="organize", options=order)]
    )
    for name, properties in columns.items():
        if properties:
            panel = panel.override_by_name(name, list(properties))
    return panel
