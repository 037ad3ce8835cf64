"""Queries as Grafana stores them: InfluxQL for the datasource `telegraf`, PromQL for `prometheus`."""

from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.builders.prometheus import Dataquery as PrometheusQuery
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

TELEGRAF = DataSourceRef(type_val="influxdb", uid="telegraf")
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
REF_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class InfluxQL(Dataquery, Builder[Dataquery]):
    """A raw InfluxQL query; `alias` names its series, with $tag_NAME and $col."""

    query: str
    alias: str = ""
    shape: Literal["time_series", "table", "logs"] = "time_series"
    ref_id: str = "A"

    def build(self) -> Dataquery:
        """Return itself: the SDK asks its builders for the finished query."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the query as Grafana's InfluxDB datasource writes it."""
        return {
            "refId": self.ref_id,
            "datasource": TELEGRAF,
            "query": self.query,
            "rawQuery": True,
            "resultFormat": self.shape,
            "alias": self.alias,
        }


def series(query: str, alias: str = "", ref_id: str = "A") -> InfluxQL:
    """Return a query whose answer is drawn over time."""
    return InfluxQL(query, alias, "time_series", ref_id)


def table(query: str, ref_id: str = "A") -> InfluxQL:
    """Return a query whose answer is a table."""
    return InfluxQL(query, shape="table", ref_id=ref_id)


def promql(expression: str, legend: str = "", ref_id: str = "A") -> PrometheusQuery:
    """Return PromQL over the dashboard's time range."""
    return PrometheusQuery().expr(expression).legend_format(legend).ref_id(ref_id).range().datasource(PROMETHEUS)


def promql_now(expression: str, legend: str = "", ref_id: str = "A", *, as_table: bool = False) -> PrometheusQuery:
    """Return PromQL for one moment, the end of the time range."""
    shape = PromQueryFormat.TABLE if as_table else PromQueryFormat.TIME_SERIES
    return promql(expression, legend, ref_id).instant().format(shape)


def promql_heatmap(expression: str) -> PrometheusQuery:
    """Return PromQL whose series are the buckets of a histogram, named by `le`."""
    return promql(expression, "{{le}}").format(PromQueryFormat.HEATMAP)
