"""Every metric is in the reference under the name by which Prometheus knows it."""

from prometheus_client import CollectorRegistry, generate_latest

from logshipper.ship.metrics import StatusCollector
from tools.reference import metrics


def test_a_counter_has_the_name_that_is_served() -> None:
    assert "| `logshipper_lines_read_total` | counter | `file` `output` | Lines read. |" in metrics.markdown()


def test_a_histogram_is_there_once_without_its_buckets() -> None:
    assert metrics.markdown().count("write_duration_seconds") == 1


def test_every_metric_that_is_served_is_there() -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StatusCollector(metrics.everything_once()))
    served = {line.split()[2] for line in generate_latest(registry).decode().splitlines() if line.startswith("# TYPE")}
    assert served
    for name in served:
        assert f"| `{name}` |" in metrics.markdown()
