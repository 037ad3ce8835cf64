"""`python -m tests.faults`: the fault campaign."""

import argparse
import secrets
import signal
import sys

from tests.faults.campaign import CASES, campaign


def main() -> int:
    """Run the cases asked for; exit 1 where one deviates."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--case", type=int, nargs="+", choices=sorted(CASES), metavar="N", help="only these cases")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="to repeat a run; printed")
    parser.add_argument("--short", action="store_true", help="the short form, as in the tests")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that the servers are ended too
    print(f"seed {given.seed}", flush=True)
    deviating = campaign(given.case or sorted(CASES), given.seed, given.short, lambda text: print(text, flush=True))
    print(f"{deviating} cases deviate; again with --seed {given.seed}" if deviating else "every case as expected")
    return 1 if deviating else 0


if __name__ == "__main__":
    sys.exit(main())
