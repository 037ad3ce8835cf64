"""The consumer out of settings: the member of the group, and the outputs that can take what it reads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from logshipper.errors import UserError
from logshipper.settings.options import Settings
from logshipper.wiring.outputs import needs_kafka, plan_outputs
from logshipper.wiring.planned_output import PlannedOutput

if TYPE_CHECKING:
    from logshipper.kafka.member import GroupMember


def plan_consumer(settings: Settings) -> "tuple[GroupMember, Sequence[PlannedOutput]]":
    """Return the member and the outputs. Raises UserError."""
    options = settings.kafka_consumer[0]
    with needs_kafka(options):
        from logshipper.wiring import kafka
    outputs = plan_outputs(settings)
    for one in outputs:
        if one.takes_rows:
            what = f"{one.name} takes rows, and a consumer has line protocol"
            raise UserError(what, where=options.at(""), fix="use [[outputs.influxdb]], influxdb_v2, file or kafka")
    return kafka.member(settings), outputs
