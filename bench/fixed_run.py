"""`logshipper` with a number of writers and points in a write that never change: WRITERS BATCH, then its arguments."""

import sys

from logshipper.cli import main
from logshipper.deliver.concurrency import Concurrency
from logshipper.wiring import outputs


def _fixed(writers: int, batch: int) -> type[Concurrency]:
    class Fixed(Concurrency):
        def __init__(self, *given: object, **options: object) -> None:
            super().__init__(batch, writers, fixed=True)

    return Fixed


if __name__ == "__main__":
    vars(outputs)["Concurrency"] = _fixed(int(sys.argv[1]), int(sys.argv[2]))
    sys.argv[1:3] = []
    main()
