"""Ships quarantined lines that match by now, with their original time, so that no point is doubled."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from logshipper.deliver.retry import DeliveryContext, deliver
from logshipper.follow.reader import MAX_LINE_BYTES
from logshipper.model import AdmittedValues, Chunk
from logshipper.outputs.protocol import Output
from logshipper.parse.parser import FileMemory, Parser
from logshipper.points import AnyPoints, joined
from logshipper.state.quarantine import KeptLine, Quarantine


@dataclass(frozen=True, slots=True)
class QuarantineShipper:
    """Ships quarantines to the outputs, at most `max_points` points a write; `context` is where attempts are reported.

    `outputs` are grouped by the form that they take. `parsers_of(path)` returns the parser of a log for each group, and
    the tag values that the log has admitted.
    """

    outputs: Sequence[Sequence[Output[Any]]]
    max_points: int
    context: DeliveryContext
    parsers_of: Callable[[str], tuple[Sequence[Parser], AdmittedValues]]

    def ship(self, quarantine: Quarantine) -> tuple[int, int]:
        """Ship the lines that match now, and forget them. Return how many those were, and how many are left."""
        parsers, admitted = self.parsers_of(quarantine.path)
        pairs = [(parser, parser.memory(quarantine.path, admitted)) for parser in parsers]
        shipped, count = list[KeptLine](), 0
        lines = quarantine.kept()
        while some := list(islice(lines, self.max_points)):
            count += len(some)
            shipped += self._deliver(list(_matching(quarantine, some, pairs)))
        quarantine.forget(shipped)
        return len(shipped), count - len(shipped)

    def _deliver(self, found: Sequence[tuple[KeptLine, Sequence[AnyPoints]]]) -> list[KeptLine]:
        """Write the points to each output. Return the lines whose points all of them took."""
        if not found:
            return []
        rejected: set[int] = set()
        for number, takers in enumerate(self.outputs):
            points = joined([forms[number] for _, forms in found])
            for output in takers:
                rejected |= deliver(points, self.max_points, output, self.context).rejected.keys()
        return [kept for index, (kept, _) in enumerate(found) if index not in rejected]


def _matching(
    quarantine: Quarantine, lines: Sequence[KeptLine], pairs: Sequence[tuple[Parser, FileMemory]]
) -> Iterator[tuple[KeptLine, Sequence[AnyPoints]]]:
    """Yield the lines that become one point now, and nothing else."""
    fit = [kept for kept in lines if kept.length <= MAX_LINE_BYTES]
    for kept, line in zip(fit, quarantine.read(fit), strict=True):
        data = line + b"\n"
        chunk = Chunk(quarantine.path, kept.fingerprint, kept.offset, data, kept.offset + len(data))
        batches = [parser.parse(chunk, memory) for parser, memory in pairs]
        if all(len(batch.points) == 1 and not batch.rejected and not batch.noise for batch in batches):
            yield kept, [batch.points for batch in batches]
