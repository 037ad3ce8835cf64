"""The baseline: pygrok as it is, `Grok.match` line by line, written out as line protocol in the plainest way.

    python -m bench.pygrok_parse [--match-only] FILE

The patterns are those that people use with Telegraf, made of pygrok's own library.
"""

import sys
import time
import warnings
from calendar import timegm
from typing import TextIO

UWSGI = (
    r"\[pid: %{NUMBER:pid:int}\|app: %{NUMBER:id:int}\|req: %{NUMBER:currentReq:int}/%{NUMBER:totalReq:int}\] "
    r"%{IP:remoteAddr} \(%{WORD:remoteUser}?\) \{%{NUMBER:CGIVar:int} vars in %{NUMBER:CGISize:int} bytes\} "
    r"%{GREEDYDATA:timestamp} %{WORD:method} %{URIPATHPARAM:uri} \=\> generated %{NUMBER:resSize:int} bytes in "
    r"%{NUMBER:resTime:int} msecs \(HTTP/%{NUMBER:httpVer:float} %{NUMBER:status:int}\) %{NUMBER:headers:int} headers "
    r"in %{NUMBER:headersSize:int} bytes %{GREEDYDATA:coreInfo}"
)


def _tag(text: str) -> str:
    return text.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def _field(value: object) -> str:
    if isinstance(value, int):
        return f"{value}i"
    if isinstance(value, float):
        return repr(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def convert(lines: TextIO, out: TextIO, *, match_only: bool = False) -> int:
    """Write a point for each line that matches; return how many did. With `match_only` nothing is written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pygrok import Grok
    grok, points = Grok(UWSGI), 0
    for line in lines:
        found = grok.match(line)
        if found is None or match_only:
            continue
        moment = timegm(time.strptime(found["timestamp"], "[%a %b %d %H:%M:%S %Y]"))
        method, uri = _tag(found.pop("method")), _tag(found.pop("uri"))
        fields = ",".join(f"{name}={_field(value)}" for name, value in found.items() if value is not None)
        out.write(f"uwsgi_log,method={method},uri={uri} {fields} {moment * 10**9 + points}\n")
        points += 1
    return points


if __name__ == "__main__":
    with open(sys.argv[-1]) as given:
        convert(given, sys.stdout, match_only="--match-only" in sys.argv)
