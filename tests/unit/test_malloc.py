"""Freed memory is kept for the next write, and rows do not make Python look for cycles."""

import subprocess
import sys

MEASURE = """
import resource, sys
if sys.argv[1:] == ["keep"]:
    from logshipper.malloc import keep_memory
    keep_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
b"x" * 2**20
before = faults()
for _ in range(100):
    parts = [b"x" * (2**20 + number) for number in range(3)]
    del parts
print(faults() - before)
"""


def test_freed_memory_is_kept_for_the_next_write() -> None:
    def faults(*arguments: str) -> int:
        command = [sys.executable, "-c", MEASURE, *arguments]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert faults("keep") < faults() / 4


COUNT = """
import gc
from logshipper.malloc import keep_memory
keep_memory()
before = gc.get_stats()[0]["collections"]
rows = [(number, []) for number in range(20_000)]
print(gc.get_stats()[0]["collections"] - before)
"""


def test_the_rows_of_a_write_cause_no_collection() -> None:
    found = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True)
    assert found.stdout == "0\n"
