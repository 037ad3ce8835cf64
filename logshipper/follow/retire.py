"""When a content that is no longer live can be let go."""

from collections.abc import Callable, Sequence

from logshipper.follow.generation import Generation

# So many contents that are no longer live are kept open for a writer that stays on the old file. Beyond them one is
# closed when nobody has written to it for so many seconds; one that was deleted is, so that its room is freed.
MOST_OLD = 4
OLD_PATIENCE = 5.0
DELETED_PATIENCE = 60.0


class Retirement:
    """Watches how long the old contents of one log have been quiet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._quiet_since: dict[Generation, float] = {}

    def forget(self, generation: Generation) -> None:
        """Note that something was read, or that the content was closed."""
        self._quiet_since.pop(generation, None)

    def is_due(self, generation: Generation, generations: Sequence[Generation]) -> bool:
        """Tell whether a content that was read to its end can be let go; `generations` are in order, oldest first."""
        if generation.in_flight:
            return False
        if not generation.content.growing:
            return True
        quiet = self.clock() - self._quiet_since.setdefault(generation, self.clock())
        later = len(generations) - 1 - generations.index(generation)
        deleted = generation.content.state()[2] == 0
        return (later > MOST_OLD and quiet > OLD_PATIENCE) or (deleted and quiet > DELETED_PATIENCE)
