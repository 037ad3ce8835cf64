"""Write the lock files: every package with its version and hashes, for all Pythons that we run on.

    make lock

uv does the resolving (one file holds for Python 3.11 and later, by markers); no address gets into the files.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"

# Lock file -> the project's extras in it, or packages that stand by themselves.
EXTRAS = {
    "run.txt": ["app", "viewer", "supervisor"],
    "container.txt": ["app", "supervisor"],
    "dev.txt": ["app", "viewer", "supervisor", "dev"],
}
SINGLE = {
    "build.txt": ["setuptools"],
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
        dev = resolve(uv, "dev.txt", extras=EXTRAS["dev.txt"])
        for name, extras in EXTRAS.items():
            resolve(uv, name, extras=extras, like=dev)
        for name, packages in SINGLE.items():
            resolve(uv, name, packages=packages, like=dev)


def resolve(
    uv: str,
    name: str,
    *,
    extras: list[str] | None = None,
    packages: list[str] | None = None,
    like: Path | None = None,
) -> Path:
    """Write requirements/NAME with what uv finds; `like` is a lock file whose versions hold."""
    command = [uv, "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", "--quiet"]
    if like:
        command += ["--constraints", str(like)]
    for extra in extras or []:
        command += ["--extra", extra]
    source = "-" if packages else "pyproject.toml"
    env = {**os.environ, **certificates()}
    found = subprocess.run(
        [*command, source],
        check=True,
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        input="\n".join(packages or []),
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
