"""An output as the settings plan it: what is known before it is opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from logshipper.deliver.concurrency import Concurrency
from logshipper.hashing import digest
from logshipper.outputs.protocol import OpenOutput


@dataclass(frozen=True, slots=True)
class PlannedOutput:
    """An output that can be opened: `name` for messages, `state_name` for its folder in the state folder.

    `concurrency` makes a `Concurrency` within the limits of the settings. `fresh` returns whether the output was never
    written to; then checkpoints from an earlier database are discarded. `single_writer`: two processes must not write
    to it. `takes_rows`: it takes `Rows`, not line protocol.
    """

    name: str
    state_name: str
    open: OpenOutput
    concurrency: Callable[[], Concurrency]
    fresh: Callable[[], bool] = lambda: False
    single_writer: bool = False
    takes_rows: bool = False


def state_name(kind: str, parts: Sequence[str]) -> str:
    """Return the name of an output's folder in the state folder; `parts` are what makes it another one."""
    return f"{kind}-{digest(chr(0).join(parts).encode()):016x}"
