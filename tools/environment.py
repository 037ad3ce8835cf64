"""The project's own Python environment in .venv, made from the lock files.

    tools/python -m tools.environment run     what the demo needs
    tools/python -m tools.environment lint    that, and the tools of the tests
    tools/python -m tools.environment test    that, and Debian's packages for the tests

Doing it again costs a moment. A set-up that was cut off leaves .venv/unfinished behind, and the next
one starts from nothing, because pip takes a half-written package for an installed one.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tools import debian

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = ROOT / "requirements"
UNFINISHED = VENV / "unfinished"
LISTS = {"run": "run.txt", "dev": "dev.txt"}  # dev.txt holds everything that run.txt holds
PIP = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]


def ensure(kind: str) -> Path:
    """Make .venv hold the list `kind` and the project itself; return the folder of its programs."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "environment.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make demo` beside `make test`: the second waits for the first
        if not is_complete(kind):
            build(kind)
    return VENV / "bin"


def is_complete(kind: str) -> bool:
    """Say whether an earlier set-up finished with these very lock files, and its Python still runs."""
    if UNFINISHED.exists() or not works(VENV / "bin" / "python", "-c", "import logshipper"):
        return False
    return any(stamp(k).exists() and stamp(k).read_text() == digest(k) for k in {kind, "dev"})


def build(kind: str) -> None:
    """Make the environment, or bring it up to date."""
    print(f"Setting up the Python environment in {VENV.name} …", flush=True)
    if UNFINISHED.exists() or not works(VENV / "bin" / "python", "-m", "pip", "--version"):
        shutil.rmtree(VENV, ignore_errors=True)
        VENV.mkdir()
        UNFINISHED.touch()
        make_venv()
    UNFINISHED.touch()
    locked = ["--no-deps", "--require-hashes", "--use-pep517", "--no-build-isolation"]
    pip(["--require-hashes", "-r", LOCKS / "build.txt"])
    pip([*locked, "-r", LOCKS / LISTS[kind]])
    install_uwsgi(locked)
    pip(["--no-deps", "--no-build-isolation", "--editable", ROOT])
    for other in LISTS:
        stamp(other).unlink(missing_ok=True)
    stamp(kind).write_text(digest(kind))
    UNFINISHED.unlink()


def make_venv() -> None:
    """Make an empty environment with pip; Debian keeps what this needs in a package of its own."""
    if not works(sys.executable, "-c", "import ensurepip, venv"):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        debian.install([package], "Python's venv module is missing")
    run([sys.executable, "-m", "venv", VENV], "making the environment failed")


def install_uwsgi(locked: list[str]) -> None:
    """Build uwsgi where that is possible; pyuwsgi is the same server, built already."""
    if works(VENV / "bin" / "uwsgi", "--version"):
        return
    if can_build_uwsgi():
        print("Building uwsgi …", flush=True)
        if works(VENV / "bin" / "python", *PIP, *locked, "-r", LOCKS / "uwsgi.txt"):
            return
        print("uwsgi did not build here; taking pyuwsgi, the same server built already.", flush=True)
    pip([*locked, "-r", LOCKS / "pyuwsgi.txt"])


def can_build_uwsgi() -> bool:
    """Say whether there are a compiler, Python's headers and PCRE, which flaskapp/uwsgi.ini makes use of.

    uWSGI would build without PCRE too, and then silently do without the routes in its configuration.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    regular_expressions = shutil.which("pcre2-config") or shutil.which("pcre-config")
    header = Path(sysconfig.get_path("include")) / "Python.h"
    return bool(compiler and regular_expressions and header.exists())


def pip(arguments: list[str | Path]) -> None:
    """Run pip in the environment; what it needs comes from the registry that pip is set up for."""
    run([VENV / "bin" / "python", *PIP, *arguments], "pip failed; is there a way to the package registry?")


def run(command: list[str | Path], why: str) -> None:
    """Run a command; a failure is one line with the last thing that it said."""
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        reasons = [line for line in said if line.startswith("ERROR")] or said
        raise debian.SetUpError(f"{why} ({reasons[-1] if reasons else f'exit code {done.returncode}'})")


def works(*command: str | Path) -> bool:
    """Say whether the command can be run and succeeds."""
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return done.returncode == 0
    except OSError:
        return False


def stamp(kind: str) -> Path:
    """Return the file that says which lock files the environment was made from."""
    return VENV / f"made-for-{kind}"


def digest(kind: str) -> str:
    """Return a digest of everything that decides what is in the environment."""
    files = [ROOT / "pyproject.toml", LOCKS / "build.txt", LOCKS / LISTS[kind]]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def main() -> None:
    """Do what the Makefile asks; without root and sudo the tests do with the programs that there are."""
    wanted = sys.argv[1]
    try:
        ensure("run" if wanted == "run" else "dev")
        packages = debian.missing_packages(debian.FOR_TESTS) if wanted == "test" else []
        if packages:
            debian.install(packages, "Programs for the tests are missing")
    except debian.SetUpError as error:
        print(f"make: {error}", file=sys.stderr)
        if not is_complete("dev") or os.environ.get("CI") == "true":
            sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
