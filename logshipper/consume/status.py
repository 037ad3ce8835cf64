"""The state of a consumer at one moment, in the form that the metrics show: each partition is a log."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from logshipper.consume.delivery import Deliveries
from logshipper.consume.partition import Partition
from logshipper.kafka.member import PartitionKey
from logshipper.ship.status import LogState, PipelineState, Status


def take(
    deliveries: Deliveries[Any],
    partitions: Mapping[PartitionKey, Partition],
    lags: Mapping[PartitionKey, int],
    problems: list[str],
) -> Status:
    """Return the state. Only the thread that works on it may call this."""
    now = time.monotonic()
    logs = [_log(f"{key[0]}/{key[1]}", one, lags.get(key, 0), now) for key, one in partitions.items()]
    return Status([_pipeline(name, deliveries, logs, problems) for name in deliveries.writers], 0)


def _log(name: str, partition: Partition, lag: int, now: float) -> LogState:
    account = partition.account
    copy = replace(account, rejected=account.rejected.copy(), not_request=account.not_request.copy())
    # What is in flight was read and not settled, so it still counts as lag.
    waiting = lag + len(partition.in_flight)
    return LogState(name, copy, partition.in_flight.size, partition.lag_seconds(now), 0, {}, waiting)


def _pipeline(name: str, deliveries: Deliveries[Any], logs: list[LogState], problems: list[str]) -> PipelineState:
    concurrency = deliveries.writers[name].concurrency
    counts = deliveries.stats[name].counts()
    own = [text for text in (deliveries.stats[name].problem,) if text]
    return PipelineState(name, counts, logs, concurrency.writers, concurrency.batch, [*own, *problems])
