"""Write the lock files: every package with its version and hashes, for all Pythons that we run on.

    make lock

uv does the resolving (one file holds for Python 3.11 and later, by markers); no address gets into the files.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"

# Lock file -> the project's extras and groups in it, or packages that stand by themselves.
RUN = ["--extra=routes", "--extra=viewer", "--group=app", "--group=supervisor"]
LISTS = {
    "dev.txt": [*RUN, "--group=dev"],
    "run.txt": RUN,
    "container.txt": ["--extra=routes", "--group=app", "--group=supervisor"],
}
GROUPS = {"release.txt": ["--group=release"]}
SINGLE = {
    "build.txt": ["hatchling", "hatch-fancy-pypi-readme", "setuptools"],
    "uwsgi.txt": ["uwsgi"],
    "pyuwsgi.txt": ["pyuwsgi"],
}
HEADER = "# Written by `make lock`; do not edit.\n"


def main() -> None:
    """Resolve each list anew; dev.txt first, so that the others hold the same versions."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", "uv"], check=True)
        uv = f"{folder}/bin/uv"
        dev = resolve(uv, "dev.txt", ["--upgrade", *LISTS["dev.txt"], "pyproject.toml"])
        for name in ("run.txt", "container.txt"):
            resolve(uv, name, [*LISTS[name], "pyproject.toml"], like=dev)
        for name, options in GROUPS.items():
            resolve(uv, name, options, like=dev)
        for name, packages in SINGLE.items():
            resolve(uv, name, ["-"], like=dev, packages=packages)


def resolve(uv: str, name: str, options: list[str], *, packages: Sequence[str] = (), like: Path | None = None) -> Path:
    """Write requirements/NAME with what uv finds; `like` is a lock file whose versions hold."""
    command = [uv, "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", "--quiet"]
    if like:
        command += ["--constraints", str(like)]
    env = {**os.environ, **certificates()}
    text = "\n".join(packages)
    found = subprocess.run(
        [*command, *options], check=True, cwd=ROOT, env=env, capture_output=True, text=True, input=text
    )
    path = FOLDER / name
    path.write_text(HEADER + found.stdout)
    print(f"requirements/{name}: {found.stdout.count('==')} packages")
    return path


def certificates() -> dict[str, str]:
    """Give uv the certificates that pip was told to use; uv does not read pip's settings."""
    bundle = os.environ.get("PIP_CERT")
    return {"SSL_CERT_FILE": bundle} if bundle else {}


if __name__ == "__main__":
    main()
