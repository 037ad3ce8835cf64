"""Ships quarantined lines that match by now, with their original time, so that no point is doubled."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from logshipper.deliver.retry import DeliveryLine, deliver
from logshipper.follow.reader import MAX_LINE_BYTES
from logshipper.model import AdmittedValues, Chunk, Points, joined
from logshipper.outputs.protocol import Output
from logshipper.parse.parser import FileMemory, Parser
from logshipper.state.quarantine import KeptLine, Quarantine


@dataclass(frozen=True, slots=True)
class QuarantineShipper:
    """Ships quarantines to the outputs, at most `most` points a write; `line` is where attempts are reported.

    `parser_of(path)` returns the parser for a log, and the tag values that the log has admitted.
    """

    outputs: Sequence[Output]
    most: int
    line: DeliveryLine
    parser_of: Callable[[str], tuple[Parser, AdmittedValues]]

    def ship(self, quarantine: Quarantine) -> tuple[int, int]:
        """Ship the lines that match now, and forget them. Return how many those were, and how many are left."""
        parser, admitted = self.parser_of(quarantine.path)
        memory, shipped, count = parser.memory(quarantine.path, admitted), list[KeptLine](), 0
        lines = quarantine.kept()
        while some := list(islice(lines, self.most)):
            count += len(some)
            shipped += self._deliver(list(_matching(some, parser, memory, quarantine.path)))
        quarantine.forget(shipped)
        return len(shipped), count - len(shipped)

    def _deliver(self, found: Sequence[tuple[KeptLine, Points]]) -> list[KeptLine]:
        """Write the points to each output. Return the lines whose points all of them took."""
        if not found:
            return []
        refused: set[int] = set()
        for output in self.outputs:
            refused |= deliver(joined([points for _, points in found]), self.most, output, self.line).refused.keys()
        return [kept for index, (kept, _) in enumerate(found) if index not in refused]


def _matching(
    lines: Sequence[KeptLine], parser: Parser, memory: FileMemory, path: str
) -> Iterator[tuple[KeptLine, Points]]:
    """Yield the lines that become one point now, and nothing else."""
    for kept in lines:
        if kept.length > MAX_LINE_BYTES:
            continue
        data = kept.read() + b"\n"
        batch = parser.parse(Chunk(path, kept.fingerprint, kept.offset, data, kept.offset + len(data)), memory)
        if len(batch.points) == 1 and not batch.rejected and not batch.noise:
            yield kept, batch.points
