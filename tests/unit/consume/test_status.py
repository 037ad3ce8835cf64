"""What the metrics show of a consumer."""

from pathlib import Path

from logshipper.account import Account
from logshipper.consume.delivery import Deliveries
from logshipper.consume.partition import Partition
from logshipper.consume.status import take
from logshipper.deliver.concurrency import Concurrency
from logshipper.kafka.member import Received
from logshipper.ship.log_once import LogOnce
from logshipper.state.quarantine import Quarantine
from logshipper.wiring.planned_output import PlannedOutput
from tests.support.outputs import FakeOutput


def test_each_partition_is_a_log_and_its_lag_counts_what_is_in_flight(tmp_path: Path) -> None:
    one = Partition(Quarantine(tmp_path, "t-0"), Account(), LogOnce("consumer"))
    one.take(Received(("t", 0), 5, b"m a=1 1\n", 1))
    output = PlannedOutput("out", "out", FakeOutput, lambda: Concurrency(10, 1))
    deliveries: Deliveries[str] = Deliveries([output], lambda: 0)
    status = take(deliveries, {("t", 0): one}, {("t", 0): 3}, ["why"])
    (pipeline,) = status.pipelines
    (log,) = pipeline.files
    assert (pipeline.name, list(pipeline.problems)) == ("out", ["why"])
    assert (log.path, log.lag_messages, log.lag_bytes) == ("t/0", 4, 8)
    assert (log.account.read, log.account.in_flight) == (1, 1)
