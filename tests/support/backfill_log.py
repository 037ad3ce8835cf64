"""A log for backfills: requests, and now and then a traceback or a damaged line."""

from tests.support.request_lines import LINE

TRACEBACK = 'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in view\n    x[1]\nKeyError: 1\n'


def lines(count: int, first: int = 0, query: str = "") -> str:
    """Return a log: requests, now and then a traceback and a damaged line; `query` makes the lines longer."""
    text = []
    for number in range(first, first + count):
        line = LINE.replace("req: 2/2", f"req: {number}/{number}").replace("124", f"{number % 50}{query}")
        text.append(line[:-9] + "\n" if number % 997 == 5 else line + "\n")
        if number % 401 == 7:
            text.append(TRACEBACK)
    return "".join(text)
