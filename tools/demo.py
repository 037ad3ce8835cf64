"""`make demo`: the whole main job on this machine, without Docker and without root, until Ctrl-C.

A Flask application under uWSGI, the shipper and the viewer run under supervisord, with all their files in
var/demo, or in DEMO_DIR.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tools.target import SetUpError, Target, choose

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent
FOLDER = Path(os.environ.get("DEMO_DIR") or ROOT / "var" / "demo").resolve()
LOG = FOLDER / "demo.log"
MARK = "FLASKFANA_DEMO"  # in the environment of everything that we start, so that we find it again
PR_SET_PDEATHSIG = 1  # prctl(2)
PATIENCE = 20.0  # seconds without a row before we say where to look


class Stop(Exception):  # noqa: N818 - no error: somebody wants us to end
    """Ctrl-C, SIGTERM, a closed terminal, or make has gone."""


def main() -> None:
    """Run the demo; an error that a user can fix is one line and exit code 2."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, on_signal)
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        end_with_parent()
        with only_one():
            os.environ[MARK] = str(FOLDER)
            demo()
    except Stop:
        print("\nStopped." if sys.stdout.isatty() else "Stopped.", flush=True)
    except SetUpError as error:
        print(f"make demo: {error}", file=sys.stderr)
        sys.exit(2)


def on_signal(number: int, frame: FrameType | None) -> NoReturn:
    """End once; while we are ending, further signals change nothing."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    raise Stop


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold the folder; refuse where another demo holds it. At the end, nothing that we started is left."""
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SetUpError("a demo runs in this folder already; end that one first, with Ctrl-C") from error
        kill_leftovers()  # of a demo that was killed
        try:
            yield
        finally:
            kill_leftovers()


def demo() -> None:
    """Set up, start, and stay until somebody wants us to end."""
    ports = {name: port(name, default) for name, default in (("APP_PORT", 5000), ("VIEWER_PORT", 8001))}
    if ports["APP_PORT"] == ports["VIEWER_PORT"]:
        raise SetUpError("APP_PORT and VIEWER_PORT are the same; choose two: APP_PORT=5000 VIEWER_PORT=8001 make demo")
    target = choose(FOLDER)
    need_free("APP_PORT", ports["APP_PORT"])
    if not target.url:
        need_free("VIEWER_PORT", ports["VIEWER_PORT"])
    started = time.monotonic()
    process = start(ports, target)
    try:
        announce(ports, target)
        stay(process, ports, target, started)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        kill_session(process.pid)


def port(name: str, default: int) -> int:
    """Return the port that the environment names."""
    given = os.environ.get(name) or str(default)
    if not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise SetUpError(f"{name}={given} is not a port; choose one from 1024 to 65535")
    return int(given)


def need_free(name: str, number: int) -> None:
    """Refuse a port that we cannot listen on, and name the variable that changes it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            reason = "is in use" if error.errno == 98 else f"cannot be used ({error.strerror})"
            other = number + 1 if number < 65535 else 5050
            raise SetUpError(f"port {number} {reason}; choose another: {name}={other} make demo") from error


def start(ports: dict[str, int], target: Target) -> subprocess.Popen[bytes]:
    """Write the shipper's settings and start supervisord in a session of its own: the terminal's signals are ours."""
    settings = FOLDER / "logshipper.toml"
    settings.write_text(
        f"[logshipper]\nstate_dir = {json.dumps(str(FOLDER / 'state'))}\n\n"
        f"[[inputs.logparser]]\nfiles = [{json.dumps(str(FOLDER / 'uwsgi.log'))}]\nfrom_beginning = true\n\n"
        f"{target.section}"
    )
    if not target.url:
        Path(target.database).touch()  # an empty file is an empty database: the viewer can wait for rows
    env = {
        **os.environ,
        **{name: str(number) for name, number in ports.items()},
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(PROGRAMS.parent),
        "TZ": "UTC",  # for the log and its reader alike
        "RUN_DIR": str(FOLDER),
        "METRICS_ADDRESS": "",  # the application's own /metrics is enough here
        "LOGSHIPPER_CONFIG": str(settings),
        "VIEWER": "false" if target.url else "true",
        "VIEWER_DB": "" if target.url else target.database,
        "TRAFFIC": "true",
        "MORE_PROGRAMS": "/dev/null",
    }
    with LOG.open("wb") as log:
        return subprocess.Popen(
            [PROGRAMS / "supervisord", "--configuration", ROOT / "supervisord.conf"],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - we have one thread
        )


def announce(ports: dict[str, int], target: Target) -> None:
    """Say what there is to open."""
    app = f"http://127.0.0.1:{ports['APP_PORT']}"
    print(f"\n  The application   {app}/        for example: curl {app}/api/obj/1")
    if not target.url:
        print(f"  The viewer        http://127.0.0.1:{ports['VIEWER_PORT']}/")
    print(f"  The request log   {short(FOLDER / 'uwsgi.log')}")
    print(f"  Its rows go to    {short(Path(target.name)) if not target.url else target.name}")
    print(f"  What happens      {short(LOG)}\n")
    print("A few requests are being made, so that there is something to see. Ctrl-C ends everything.", flush=True)


def stay(process: subprocess.Popen[bytes], ports: dict[str, int], target: Target, started: float) -> None:
    """Say when the first rows are there, and wait."""
    before = target.rows() or 0
    waiting, warned = True, False
    while True:
        time.sleep(0.1 if waiting else 0.5)
        if process.poll() is not None:
            raise SetUpError(f"supervisord has ended; {short(LOG)} says why: {last_words()}")
        took = time.monotonic() - started
        if waiting and (target.rows() or 0) > before:
            waiting = False
            place = target.name if target.url else f"http://127.0.0.1:{ports['VIEWER_PORT']}/"
            print(f"The first rows are there, after {took:.1f} s: {place}", flush=True)
        elif waiting and not warned and took > PATIENCE:
            warned = True
            print(f"No rows yet. {short(LOG)} may say why: {last_words()}", flush=True)


def last_words() -> str:
    """Return the last line of the log."""
    lines = LOG.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "(nothing)"


def short(path: Path) -> str:
    """Return the path as seen from the project's folder."""
    return os.path.relpath(path, ROOT)


def end_with_parent() -> None:
    """Get SIGTERM when the process that started us dies, however it dies (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def kill_leftovers() -> None:
    """Kill whatever still carries our mark; normally there is nothing."""
    mark = f"{MARK}={FOLDER}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry.name != str(os.getpid()) and mark in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)


def kill_session(leader: int) -> None:
    """Kill whatever is left of supervisord's session: uWSGI writes its name over its environment, mark and all."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getsid(int(entry.name)) == leader:
                os.kill(int(entry.name), signal.SIGKILL)


if __name__ == "__main__":
    main()
