"""The shipper's metrics, from the collector that serves them."""

from collections import Counter

from prometheus_client.core import Metric

from logshipper.account import Account
from logshipper.ship.metrics import StatusCollector
from logshipper.ship.status import LogState, PipelineState, Status, StatusExchange
from logshipper.ship.write_stats import BUCKETS, OutputCounts


class _Answered(StatusExchange):
    """Answers with a status in which everything has happened once, so that every metric and label is there."""

    def __init__(self) -> None:
        pass

    def request(self, patience: float) -> Status:
        account = Account(rejected=Counter({"reason": 1}), not_request=Counter({"kind": 1}))
        log = LogState("app.log", account, 0, 0.0, 0, {"uri": 1}, lag_messages=0)
        counts = OutputCounts(1, 0.0, (0,) * (len(BUCKETS) + 1), {"reason": 1})
        return Status([PipelineState("output", counts, [log], 1, 1)], 1)


def markdown() -> str:
    """Return a table: name, type, labels, meaning."""
    rows = "\n".join(map(_row, StatusCollector(everything_once()).collect()))
    return f"| metric | type | labels | |\n|---|---|---|---|\n{rows}"


def everything_once() -> StatusExchange:
    """Return what the collector asks instead of a loop that runs."""
    return _Answered()


def _row(metric: Metric) -> str:
    name = metric.name + ("_total" if metric.type == "counter" else "")
    labels = dict.fromkeys(label for sample in metric.samples for label in sample.labels if label != "le")
    return f"| `{name}` | {metric.type} | {' '.join(f'`{label}`' for label in labels)} | {metric.documentation} |"
