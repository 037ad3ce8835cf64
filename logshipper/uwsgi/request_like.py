"""Recognises lines that look like requests whatever their format: nobody must take them for output of the application.

A text does if it has a method, a path and a status; a JSON object, even a broken one, if it has keys for a path and a
status.
"""

import re

_METHOD = re.compile(
    r"(?<![\w/.-])(?:GET|POST|HEAD|PUT|DELETE|PATCH|OPTIONS|TRACE|CONNECT|PROPFIND|PROPPATCH|REPORT|MKCOL|COPY|MOVE)"
    r"(?![\w.-])"
)
_PATH = re.compile(r"(?:^|[\s\"'=:\[(|,;>])(?:/|https?://|\*(?=\s))")
_STATUS = re.compile(
    r"(?<![\w.,:/-])[1-5]\d\d(?![\w.:/-]|\s?(?:m?s|secs?|seconds|bytes|[kM]?B)\b)|HTTP/[\d.]+[\"' )(]+\d{3}"
)
_NUMBER = re.compile(r"[1-5]\d\d")
# The same by names: `uri=/a status=200`, `"path": "/a", "code": 200`.
_NAMED_PATH = re.compile(
    r"(?<![A-Za-z])(?:request|req|http)?[._-]?(?:uri|url|path|request|target|line)\b[\"']?\s?[:=]\s?[\"']?"
    r"(?:[A-Z]{3,9} )?(?:/|https?:)",
    re.IGNORECASE,
)
_NAMED_STATUS = re.compile(
    r"(?<![A-Za-z])(?:response|resp|res|http|origin|downstream|upstream)?[._-]?(?:status|code|status[._-]?code)\b[\"']?\s?[:=]\s?[\"']?[1-5]\d\d(?!\d)",
    re.IGNORECASE,
)


def looks_like_request(line: str) -> bool:
    """Return whether a line that no pattern matches has the parts of a request."""
    if ("/" not in line and "*" not in line) or not _NUMBER.search(line):
        return False  # most output ends here: what follows is slow
    if "\\" in line:  # JSON inside JSON: uWSGI's encoder escapes a line that its log-format made
        line = line.replace('\\"', '"').replace("\\/", "/")
    lower = line.lower()
    if ("status" in lower or "code" in lower) and _NAMED_STATUS.search(line) and _NAMED_PATH.search(line):
        return True
    if line.startswith("{"):
        return False
    return bool(_METHOD.search(line) and _PATH.search(line) and _STATUS.search(line))
