"""uWSGI's own messages, which it logs beside the requests: how to recognise them and what kind each is.

A message is recognised by its first words, as uWSGI 2.0 writes them (core/, plugins/python/). It may follow a date:
`log-date` puts one before every message, and uWSGI always dates some of them itself.
"""

import re
from dataclasses import dataclass

SERVER = "server"  # a message that makes no event: banners, settings, the steps of a shutdown

# Kind -> expression for the first words of its messages. The first match counts.
EVENTS = {
    "start": r"\*\*\* Starting uWSGI ",
    "stop": r"goodbye to uWSGI\.",
    "reload": (
        r"\.\.\.(?:gracefully|brutally) killing workers\.\.\.|chain reload starting"
        r"|\*\*\* .* has been touched\.\.\. (?:workers|chain) reload"
    ),
    "worker_spawn": r"(?:spawned|Respawned) uWSGI worker ",
    "worker_died": r"DAMN ! worker |OOPS ! failed loading app in worker ",
    "harakiri": r"\*\*\* HARAKIRI ON ",
    "listen_queue_full": r"\*\*\* uWSGI listen queue of socket .* full ",
    "write_error": (
        r"SIGPIPE: writing to a closed |(?:IO|OS)Error: write error$|uwsgi_response_\w+\(\)(?:: | )"
        r"|uwsgi_simple_\w*write\w*\(\)|uwsgi_proto_\w*write\w*\(\)"
    ),
    "out_of_memory": (
        r"\*\*\* EVIL RELOAD ON |!!! tried memory allocation of |unable to allocate \d+ bytes"
        r"|\w+\(\): Cannot allocate memory "
    ),
}
_BANNERS = (
    r" ?\*\*\* |--- .* ---$|!!! |\[rule: \d+\] |- \w+ cores set to |\[\d+\] (?:logsize: |\S+ reopened)|logsize: \d+",
    r"\[(?:uWSGI|uwsgi-|emperor|spooler|log-|python-|cache|busyness|gevent)",
)
_START = (
    r"compiled with version: |os: |nodename: |machine: |clock source: |pcre jit (?:en|dis)abled|lock engine: ",
    r"thunder lock: |current working directory: |writing pidfile to |limiting address space|set[ug]id\(\) to ",
    r"detected (?:number of CPU|binary path|max file descriptor)|dropping \S+ privileges|chdir\(\) to ",
    r"your (?:processes number|memory page|server socket listen|mercy for|request buffer)|mapped \d+ bytes",
    r"cores allocated|[Ii]nitialized \d+ metrics|uwsgi socket \d+ (?:bound|inherited|attached|successfully)",
    r"uWSGI (?:running as|http bound|worker \d|process \d|mule \d)|WSGI app \d+ |mounting \S+ on ",
    r"Python (?:version: |main interpreter |auto-reloader )|python threads support |PEP 405 virtualenv ",
    r"Set PythonHome to |metrics collector thread |mem-collector thread |stats server enabled on ",
    r"threads support |static file mapping |added static |offload|no python application found|mod_\w+ ",
    r"unable to (?:load app|find \"application\"|stat\(\)|bind |set )|async fd table size|enabled \w+ |uGreen ",
    r"gevent |VirtualHosting mode enabled|initializing \d+ |building mime-types |\d+ entry found|WARNING: you ",
)
_PROCESSES = (
    r"spawned (?:uWSGI|the|\d+ offload)|gracefully \(RE\)spawned uWSGI|subprocess \d+ exited|mule \d+ |gateway \"",
    r"worker \d+ (?:buried|killed|lifetime|should|asked|\(pid: )|Gracefully killing worker |killing worker \d",
    r"\.\.\.The work of process|\.\.\.restoring worker |\.\.\. monitored exception|worker respawning too fast",
    r"workers have been inactive|OOO?PS |uWSGI worker \d+ cheaped|going cheap|cheap mode enabled|new master copy",
    r"SIGINT/SIGTERM received|SIGUSR2: |HARAKIRI|binary reloading uWSGI|closing all non-uwsgi socket",
    r"found fd \d+ (?:mapped|inherited)|running \S+$|chain (?:is still|next|reload)",
)
_REQUESTS = (r"invalid (?:request block|HTTP|http)|error (?:parsing|routing) |unable to generate http|backtrace of ",)
_DATE = r"(?:[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})"
_EVENT = re.compile("|".join(f"(?P<{kind}>{beginning})" for kind, beginning in EVENTS.items()))
_OTHER = re.compile("|".join((*_BANNERS, *_START, *_PROCESSES, *_REQUESTS)))
# errno messages of any function: `bind(): Address already in use [core/socket.c line 769]`
_ERROR = re.compile(r"[\w/\[\]-]+\([^)]*\)[\w/()-]*:? .*\[[\w./-]+\.c line \d+\]")
_PREFIX = re.compile(rf"({_DATE}) - |[^|]{{1,64}}? - ")
# Only request lines contain these; a torn or damaged one still shows one of them.
_REQUEST = re.compile(
    r"\[pid: |\|app: |\|req: |=> generated |(?:msecs|micros) \(|headers in \d+ bytes|switches on core"
)
_FIRST, _LONGEST_PREFIX = "*** Starting uWSGI ", 200
_PID = re.compile(r"\((?:new )?pid:? (\d{1,10})\b")


@dataclass(frozen=True, slots=True)
class Message:
    """A message of uWSGI: its kind (`SERVER` for one that makes no event), its text, and its date if it has one."""

    kind: str
    text: str
    date: str = ""


def recognise(line: str) -> Message | None:
    """Return the message in a line, None if uWSGI did not write the line."""
    kind = _kind(line)
    if kind:
        return Message(kind, line)
    prefix = _PREFIX.match(line) if " - " in line else None
    if not prefix:
        return None
    text = line[prefix.end() :]
    kind = _kind(text)
    if not kind and prefix[1]:
        kind = SERVER  # only uWSGI writes this date
    return Message(kind, text, prefix[1] or "") if kind else None


def _kind(text: str) -> str:
    event = _EVENT.match(text)
    if event:
        return str(event.lastgroup)
    return SERVER if _OTHER.match(text) or (".c line " in text and _ERROR.match(text)) else ""


def prefix_of(line: str) -> str:
    """Return an expression for what precedes uWSGI's first message, "" for nothing.

    A log encoder may put a fixed text or the current time before every line. Numbers, and the short names of days and
    months, may differ from line to line.
    """
    position = line.find(_FIRST, 1, _LONGEST_PREFIX)
    if position < 1 or _PREFIX.fullmatch(line[:position]):
        return ""
    fixed = re.escape(line[:position])
    return re.sub(r"\b[A-Z][a-z]{2}\b", "[A-Z][a-z]{2}", re.sub(r"\d+", r"\\d+", fixed))


def is_damaged_request(line: str) -> bool:
    """Return whether a line that no pattern matches looks like part of a request line."""
    return bool(_REQUEST.search(line))


def pid_of(text: str) -> int | None:
    """Return the process id in a message, None if there is none."""
    found = _PID.search(text)
    return int(found[1]) if found else None
